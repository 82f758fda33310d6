import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { SessionTrigger } from '../domain/session-lifecycle.ts'
import { isFree } from '../domain/turn-lock.ts'
import { advance, type ChangeSession } from './change-session.ts'
import type { DueRequest, SessionKey, SessionStore } from './ports.ts'

export interface SweepLimits {
  readonly idleAfterMs: number
  readonly expireAfterMs: number
  /** Sessions looked up at a time; each changes in a transaction of its own. */
  readonly batchMax: number
}

/** Does work of the service's own for a tenant, in a context that ends with it. */
export type OnBehalfOf = <T>(tenant: string, work: (context: CallContext) => Promise<T>) => Promise<T>

export interface SweepSessionsPorts {
  readonly sessions: SessionStore
  readonly changeSession: ChangeSession
  readonly onBehalfOf: OnBehalfOf
}

/** Lets time pass for all sessions, until none is due or `signal` aborts. Resolves to how many changed. */
export type SweepSessions = (signal: AbortSignal) => Promise<number>

export function createSweepSessions(ports: SweepSessionsPorts, limits: SweepLimits): SweepSessions {
  const { sessions, changeSession, onBehalfOf } = ports
  const limit = limits.batchMax
  const steps: readonly (DueRequest & { trigger: SessionTrigger })[] = [
    { status: 'open', inactiveMs: limits.idleAfterMs, limit, trigger: 'idle-timeout' },
    { status: 'idle', inactiveMs: limits.expireAfterMs, limit, trigger: 'expire-timeout' },
  ]

  return async function sweepSessions(signal) {
    let changed = 0
    for (const step of steps) {
      let inBatch: number
      do {
        inBatch = 0
        for (const key of await sessions.listDue(step)) {
          if (signal.aborted) return changed
          if (await onBehalfOf(key.tenant, (context) => letTimePass(context, key, step))) inBatch += 1
        }
        changed += inBatch
      } while (inBatch === limit)
    }
    return changed
  }

  async function letTimePass(context: CallContext, { sessionId }: SessionKey, step: (typeof steps)[number]) {
    try {
      return await changeSession(context, sessionId, (session) => {
        // It was listed without a lock: since then a turn may have begun.
        const inactiveMs = session.nowMs - session.lastActiveAt
        const due = session.status === step.status && inactiveMs >= step.inactiveMs && isFree(session)
        return due ? { ...advance(session, step.trigger), result: true } : { session, happenings: [], result: false }
      })
    } catch (error) {
      const deletedSinceListed = error instanceof AppError && error.code === 'SESSION_NOT_FOUND'
      if (deletedSinceListed) return false
      throw error
    }
  }
}

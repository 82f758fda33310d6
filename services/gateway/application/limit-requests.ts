import type { Clock } from '@parley/chassis/values/clock.ts'
import type { AuthenticatedKey } from '../domain/api-key.ts'
import { decideLimit, type LimitDecision } from '../domain/request-limit.ts'

export interface LimitRequestsOptions {
  clock: Clock
  /** For keys without a limit of their own; null for none. Asked for each request: it may change. */
  requestsPerMinuteDefault: () => number | null
}

export interface AppliedLimit extends LimitDecision {
  readonly requestsPerMinute: number
}

export type LimitRequests = (key: AuthenticatedKey) => AppliedLimit | null

/** Counts a request against its key's limit; null when the key has none. Each process of the gateway counts by itself. */
export function createLimitRequests({ clock, requestsPerMinuteDefault }: LimitRequestsOptions): LimitRequests {
  const arrivals = new Map<string, number>()

  function forgetIdle(nowMs: number): void {
    for (const [keyId, arrivalMs] of arrivals) if (arrivalMs <= nowMs) arrivals.delete(keyId)
  }

  return function limitRequests({ principal, requestsPerMinute: own }) {
    const requestsPerMinute = own ?? requestsPerMinuteDefault()
    if (requestsPerMinute === null || principal.keyId === null) return null
    const nowMs = clock.monotonicMs()
    const decision = decideLimit(arrivals.get(principal.keyId) ?? nowMs, nowMs, requestsPerMinute)
    if (arrivals.size >= idleSweepSize && !arrivals.has(principal.keyId)) forgetIdle(nowMs)
    arrivals.set(principal.keyId, decision.theoreticalArrivalMs)
    return { ...decision, requestsPerMinute }
  }
}

/** Keys are made by operators, so those in use within a minute are few; beyond this many, idle ones are dropped. */
const idleSweepSize = 10_000

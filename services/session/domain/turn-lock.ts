import { AppError } from '@parley/chassis/values/errors.ts'

/**
 * The one response that may work on a session. The lease ends by the database's clock, so that a response whose process
 * died does not hold its session for good; a lock whose lease has lapsed counts as free.
 */
export interface TurnLock {
  readonly responseId: string
  /** Epoch milliseconds. */
  readonly leaseUntilMs: number
}

interface LockedSince {
  readonly sessionId: string
  readonly lock: TurnLock | null
  readonly nowMs: number
}

/** The lock for `responseId`, its lease prolonged when it holds it already. Throws SESSION_BUSY while another one does. */
export function takeTurn(session: LockedSince, turn: { responseId: string; leaseMs: number }): TurnLock {
  const { lock, nowMs } = session
  const isHeld = lock?.responseId === turn.responseId
  if (!isHeld) requireFree(session)
  const leaseUntilMs = nowMs + turn.leaseMs
  return {
    responseId: turn.responseId,
    leaseUntilMs: isHeld ? Math.max(lock.leaseUntilMs, leaseUntilMs) : leaseUntilMs,
  }
}

/** The lock without that of `responseId`; another response's stays. */
export function freeTurn(lock: TurnLock | null, responseId: string): TurnLock | null {
  return lock?.responseId === responseId ? null : lock
}

/** Throws SESSION_BUSY while a response is active. */
export function requireFree(session: LockedSince): void {
  if (session.lock === null || isFree(session)) return
  throw new AppError(
    'SESSION_BUSY',
    `Response '${session.lock.responseId}' is still being made in session '${session.sessionId}'. Wait until it has ended or cancel it.`,
  )
}

export function isFree({ lock, nowMs }: Pick<LockedSince, 'lock' | 'nowMs'>): boolean {
  return lock === null || lock.leaseUntilMs <= nowMs
}

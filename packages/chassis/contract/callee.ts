import type { Pool } from 'undici'

/**
 * How a call ended, as far as it says something about the instance:
 *
 *   answered     it answered, whatever it said
 *   leaving      it answered, and is about to stop: others are to be preferred
 *   refused      no connection could be made; nothing was sent
 *   broken       the connection broke, or the time was over before it answered
 *   unavailable  it answered that it cannot work right now
 *   left         the caller went away; says nothing
 */
export type CallEnd = 'answered' | 'leaving' | 'refused' | 'broken' | 'unavailable' | 'left'

/** One process that runs the service. */
export interface CalledInstance {
  readonly pool: Pool
  /** For calls that hold their connection for long. */
  readonly streams: Pool
  /** Once per `begin` and `beginElsewhere`. */
  ended(end: CallEnd): void
}

/** A service in other processes: one instance or several. */
export interface Callee {
  /**
   * The instance for one call, which is under way until it has `ended`. Throws SERVICE_UNAVAILABLE when there is none, and
   * CONTRACT_VIOLATED when all have another contract.
   */
  begin(): CalledInstance
  /** Another one for a call that never reached `refusing`; null when no other is known to work. */
  beginElsewhere(refusing: CalledInstance): CalledInstance | null
}

/** The one instance behind a pool, whatever becomes of its calls. */
export function singleInstance(pool: Pool): Callee {
  const instance: CalledInstance = { pool, streams: pool, ended: () => {} }
  return { begin: () => instance, beginElsewhere: () => null }
}

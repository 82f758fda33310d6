/**
 * Moments in the life of a request at which a process can be made to wait for what happens to it. Each names what was the
 * last thing done, or the first not done.
 */
export const crashPoints = {
  'before-accept': 'the request is written, its commit has not begun',
  'after-accept': 'the request is committed with its event; nothing is published, nobody was told',
  'before-claim': 'the event has arrived, response and claim are written but not committed',
  'after-claim': 'response, claim and inbox are committed; the publisher was not told',
  'after-intent': 'the intent is durable, the provider has not been called',
  'after-call': 'the provider has begun to answer',
  'after-first-frame': 'the first text is committed, nobody has seen it',
  'before-settle': 'the end is written, its commit has not begun',
  'after-settle': 'the end is committed with its event; nothing is published, nobody was told',
  'before-turn': 'the turn is written to the session, its commit has not begun',
  'after-turn': 'the session has the turn; the response was not told',
  'before-ledger': 'the row of the ledger is written, its commit has not begun',
  'after-ledger': 'the row of the ledger is committed; the publisher was not told',
  'before-mark': 'events were published, and are about to leave the outbox',
} as const

export type CrashPoint = keyof typeof crashPoints

export const crashPointNames = Object.keys(crashPoints) as CrashPoint[]

/** What the rig tells a process: wait at this point when you come there the next time; null takes it back. */
export interface ArmPoint {
  readonly arm: CrashPoint | null
}

/** The file descriptor over which a process says that it waits at a point, and is let go on. */
export const pointDescriptor = 3
export const goOnByte = 0x67

import { AppError } from '@parley/chassis/values/errors.ts'

/**
 * A request from its acceptance to the last thing that follows from it:
 *
 *               ┌drive┐
 *               ▼     │
 *   (accept) ▶ accepted ───run──▶ generating ⟲ run
 *               │  │  ▲             │  │ │
 *               │  │  └────drive────┘  │ │
 *               │  └──────settle───────┼─┼───────────▶ finished
 *               │                      │ │               ▲
 *               ├────settle-owing──────┴─┼──▶ turn-owed ─┘ append | free
 *               └──────give-up───────────┴──▶ compensated
 *
 * accepted: durable, its budgets hold what it may cost, its event is on its way. generating: a process was seen to run it.
 * turn-owed: ended and settled, while its session still waits for the turn. finished: nothing is left to be done.
 * compensated: it could not be generated; the hold was released, the session freed, and its ledger row says failed.
 *
 * drive: the reaper sent the event again. free: the session is not to be given a turn any more.
 */
export type SagaState = 'accepted' | 'generating' | 'turn-owed' | 'finished' | 'compensated'

export type SagaEvent = 'run' | 'drive' | 'settle' | 'settle-owing' | 'append' | 'free' | 'give-up'

/** Null: it cannot happen in that state. */
export const sagaTable: Readonly<Record<SagaState, Readonly<Record<SagaEvent, SagaState | null>>>> = {
  accepted: {
    run: 'generating',
    drive: 'accepted',
    settle: 'finished',
    'settle-owing': 'turn-owed',
    append: null,
    free: null,
    'give-up': 'compensated',
  },
  generating: {
    run: 'generating',
    drive: 'accepted',
    settle: 'finished',
    'settle-owing': 'turn-owed',
    append: null,
    free: null,
    'give-up': 'compensated',
  },
  'turn-owed': {
    run: null,
    drive: null,
    settle: null,
    'settle-owing': null,
    append: 'finished',
    free: 'finished',
    'give-up': null,
  },
  finished: nothing(),
  compensated: nothing(),
}

export interface SagaStep {
  readonly event: SagaEvent
  /** Epoch milliseconds. */
  readonly at: number
}

/** Throws INTERNAL when `event` cannot happen in `state`. */
export function sagaAfter(state: SagaState, event: SagaEvent): SagaState {
  const next = sagaTable[state][event]
  if (next === null) throw new AppError('INTERNAL', `A request that is ${state} cannot ${event}.`)
  return next
}

/** Where a request is after these steps, in their order. Throws INTERNAL when they cannot have happened so. */
export function sagaState(steps: readonly SagaStep[]): SagaState {
  return steps.reduce<SagaState>((state, { event }) => sagaAfter(state, event), 'accepted')
}

export function isSagaOver(state: SagaState): boolean {
  return state === 'finished' || state === 'compensated'
}

function nothing(): Record<SagaEvent, null> {
  return { run: null, drive: null, settle: null, 'settle-owing': null, append: null, free: null, 'give-up': null }
}

import { AppError } from '@parley/chassis/values/errors.ts'
import type { ResponseStatus } from '@parley/kernel/frames.ts'

/**
 *              ┌───────────cancel────────────┐
 *              │                             ▼
 *   (event) ▶ queued ──claim──▶ in_progress ─cancel──▶ cancelled
 *              │                 │  ▲  │
 *              │                 │  └claim (a lapsed lease is taken over: attempt + 1)
 *              │                 ├──complete──▶ completed
 *              │                 ├──cut-short─▶ incomplete
 *              └──fail───────────┴──fail──────▶ failed
 *
 * The four states on the right are terminal: nothing leads out of them, so a response ends once.
 */
export type Happening = 'claim' | 'complete' | 'cut-short' | 'fail' | 'cancel'

export type TerminalStatus = 'completed' | 'incomplete' | 'failed' | 'cancelled'

/** Null: it cannot happen in that state. */
export const lifecycle: Readonly<Record<ResponseStatus, Readonly<Record<Happening, ResponseStatus | null>>>> = {
  queued: { claim: 'in_progress', complete: null, 'cut-short': null, fail: 'failed', cancel: 'cancelled' },
  in_progress: {
    claim: 'in_progress',
    complete: 'completed',
    'cut-short': 'incomplete',
    fail: 'failed',
    cancel: 'cancelled',
  },
  completed: { claim: null, complete: null, 'cut-short': null, fail: null, cancel: null },
  incomplete: { claim: null, complete: null, 'cut-short': null, fail: null, cancel: null },
  failed: { claim: null, complete: null, 'cut-short': null, fail: null, cancel: null },
  cancelled: { claim: null, complete: null, 'cut-short': null, fail: null, cancel: null },
}

/** Throws INTERNAL when `happening` cannot happen in `status`. */
export function statusAfter(status: ResponseStatus, happening: Happening): ResponseStatus {
  const next = lifecycle[status][happening]
  if (next === null) throw new AppError('INTERNAL', `A response that is ${status} cannot ${happening}.`)
  return next
}

export function isTerminal(status: ResponseStatus): status is TerminalStatus {
  return status !== 'queued' && status !== 'in_progress'
}

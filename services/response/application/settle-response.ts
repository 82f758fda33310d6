import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { Frame, ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { type Outcome, responseEnd } from '../domain/outcome.ts'
import { type Happening, statusAfter, type TerminalStatus } from '../domain/response-lifecycle.ts'
import { keptItems } from '../domain/turn-rules.ts'
import { sumUsage } from '../domain/usage-sum.ts'
import type { FinishTurn } from './finish-turn.ts'
import type { ContentStore, FrameLog, ResponseEvents, ResponseRecord, ResponseStore, RunObserver } from './ports.ts'
import { WriteRefused } from './write-refused.ts'

export interface SettleResponsePorts {
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  transactor: Transactor
  events: ResponseEvents
  finishTurn: FinishTurn
  observer: RunObserver
  clock: Clock
}

/** Everything that the end of a response is made of. */
export interface Ending {
  readonly response: ResponseRecord
  /** 0 for a response that ends without ever being run; its frames are never logged. */
  readonly attempt: number
  readonly context: CallContext
  readonly outcome: Outcome
  /** Null when it could not be had. */
  readonly input: RequestInput | null
  /** The input of a stored response is in the store already. */
  readonly inputKept: boolean
  readonly output: Item[]
  /** Frames that are not in the log yet. */
  readonly frames: Frame[]
  number(step: ResponseStep): Frame
  /** Nobody knows what came of the attempt's call. */
  readonly isLost: boolean
  /** Called with each frame once it is committed, the last one included. */
  deliver?(frame: Frame): void
  /** Has the first word in the transaction: false gives it up. */
  guard?(tx: Transaction): Promise<boolean>
}

interface Written {
  readonly turn: Item[] | null
  readonly completedAt: number
  readonly lostUsage: Usage | null
}

const turnPatienceMs = 60_000

/** False when the response was no longer this attempt's to settle; nothing was written then. */
export type SettleResponse = (ending: Ending) => Promise<boolean>

/**
 * Ends a response once: status, output, usage, the last frames and the event in one transaction, guarded by the attempt.
 *
 * A turn of a session is part of that transaction as a debt, paid by `finishTurn` before the terminal frame exists.
 * Whoever has seen the end of a response can therefore start the next turn at once, and a crash in between leaves the
 * debt to be found.
 */
export function createSettleResponse(ports: SettleResponsePorts): SettleResponse {
  const { store, log, contents, transactor, events, finishTurn, observer, clock } = ports

  return async function settleResponse(ending) {
    const { response, attempt, outcome, frames, deliver } = ending
    statusAfter(response.status, happenings[outcome.status])
    const completedAt = clock.now()
    const turn = turnOf(ending)
    const end = ending.number(responseEnd(outcome, completedAt))
    if (turn === null) frames.push(end)

    const attempts = attempt > 1 ? await store.listAttempts(response.responseId) : []
    const lostUsage = sumUsage(attempts.flatMap((earlier) => earlier.lostUsage ?? []))
    const settling = transactor.transaction((tx) => write(tx, ending, { turn, completedAt, lostUsage }), ending.context)
    if (!(await settling.catch(refusedAsFalse))) return false
    observer.settled(response, outcome)
    if (deliver !== undefined) for (const frame of frames) deliver(frame)
    if (turn === null) return true
    const loggedEnd = isLogged(response, attempt) ? end : null
    await finishTurn({ response, turn, end: loggedEnd, cause: ending.context, patienceMs: turnPatienceMs })
    deliver?.(end)
    return true
  }

  async function write(tx: Transaction, ending: Ending, { turn, completedAt, lostUsage }: Written): Promise<boolean> {
    const { response, attempt, outcome, frames, guard } = ending
    const { responseId, requestId } = response
    const key = { responseId, attempt }
    if (guard !== undefined && !(await guard(tx))) return false
    if (isLogged(response, attempt) && frames.length > 0) await log.append(tx, key, frames)
    const settlement = { ...key, outcome, pendingTurn: turn, completedAt, lost: ending.isLost }
    await store.settle(tx, settlement)
    if (response.store) {
      if (!ending.inputKept && ending.input !== null) await contents.putInput(tx, responseId, ending.input)
      await contents.putOutput(tx, responseId, ending.output)
    }
    await events.settled(tx, ending.context, {
      requestId,
      responseId,
      sessionId: response.sessionId,
      status: outcome.status,
      model: response.model,
      provider: outcome.provider,
      providerModel: outcome.providerModel,
      usage: outcome.usage,
      attempts: attempt,
      settledAt: completedAt,
      lostUsage,
      turn: turn === null ? 'none' : turn.length > 0 ? 'append' : 'free',
    })
    return true
  }
}

function refusedAsFalse(error: unknown): false {
  if (error instanceof WriteRefused) return false
  throw error
}

const happenings: Readonly<Record<TerminalStatus, Happening>> = {
  completed: 'complete',
  incomplete: 'cut-short',
  failed: 'fail',
  cancelled: 'cancel',
}

/** What the session is owed: items, nothing but its freedom (an empty list), or not even that (null). */
function turnOf({ response, outcome, input, output }: Ending): Item[] | null {
  if (response.sessionId === null) return null
  return input === null ? [] : keptItems(outcome, input.items, output)
}

/** A response that was never run has no log: its two frames follow from its row. */
function isLogged({ logged }: ResponseRecord, attempt: number): boolean {
  return logged && attempt > 0
}

import type { Logger } from 'pino'
import type { Receive } from '../transport.ts'
import type { PlacedRecord } from './dead-letters.ts'
import { decodeEvent } from './kafka-record.ts'
import { pause } from './pause.ts'

export interface RecordHandlerOptions {
  /** The subscribing service. */
  readonly consumer: string
  readonly types: readonly string[]
  readonly receive: Receive
  /** Puts a record aside for good. Rejects when that could not be done. */
  readonly bury: (record: PlacedRecord, reason: string) => Promise<void>
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly limits?: Partial<RecordHandlerLimits>
}

export interface RecordHandlerLimits {
  /** How often a handler may fail on an event before it is put aside. */
  readonly attemptsMax: number
  /** Before the second attempt; doubled for each further one. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
}

const defaultLimits: RecordHandlerLimits = { attemptsMax: 10, backoffMinMs: 100, backoffMaxMs: 5_000 }

/** Works one record off; resolves to false when `signal` ended it before. Never rejects. */
export type HandleRecord = (record: PlacedRecord, signal: AbortSignal) => Promise<boolean>

/**
 * Hands the event of a record to the inbox until it is done: again for as long as it takes at a `retry`, some times at a
 * `failed`. What cannot be read, what is rejected and what keeps failing is put aside with its reason.
 */
export function createRecordHandler(options: RecordHandlerOptions): HandleRecord {
  const { consumer, types, receive, bury, log } = options
  const limits = { ...defaultLimits, ...options.limits }

  async function attempt(record: PlacedRecord): Promise<Attempt> {
    const decoded = decodeEvent(record)
    if (decoded.status === 'undecodable') return { status: 'hopeless', reason: decoded.reason }
    const { envelope } = decoded
    if (!types.includes(envelope.type)) return { status: 'over' }
    if (envelope.replayfor !== undefined && envelope.replayfor !== consumer) return { status: 'over' }
    const [result] = await receive([envelope])
    if (result === undefined) return { status: 'again', reason: 'nothing is known of it' }
    if (result.status === 'done') return { status: 'over' }
    if (result.status === 'retry') return { status: 'again', reason: result.reason }
    return { status: result.status === 'rejected' ? 'hopeless' : 'failed', reason: result.reason }
  }

  async function putAside(record: PlacedRecord, reason: string): Promise<Attempt> {
    const { topic, partition, offset } = record
    const place = { consumer, topic, partition, offset: String(offset) }
    try {
      await bury(record, reason)
      log.error({ ...place, reason }, 'event put aside')
      return { status: 'over' }
    } catch (err) {
      log.warn({ err, ...place }, 'event could not be put aside')
      return { status: 'again', reason }
    }
  }

  return async function handle(record, signal) {
    let failures = 0
    for (let tries = 1; !signal.aborted; tries++) {
      let outcome = await attempt(record).catch(
        (error: unknown): Attempt => ({ status: 'again', reason: String(error) }),
      )
      if (outcome.status === 'failed') failures++
      if (outcome.status === 'hopeless' || (outcome.status === 'failed' && failures >= limits.attemptsMax)) {
        outcome = await putAside(record, outcome.reason)
      }
      if (outcome.status === 'over') return true
      const backoffMs = Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** (tries - 1))
      await pause(backoffMs, signal)
    }
    return false
  }
}

type Attempt =
  | { readonly status: 'over' }
  | { readonly status: 'again' | 'failed' | 'hopeless'; readonly reason: string }

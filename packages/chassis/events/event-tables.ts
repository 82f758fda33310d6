import type { Generated } from 'kysely'
import type { Store } from '../store/store.ts'

/** The event tables, which every stateful service's database has. */
export interface EventTables {
  outbox: OutboxRow
  inbox: InboxRow
}

export interface OutboxRow {
  id: string
  /** The publishing service. */
  aggregatetype: string
  /** The event's key. */
  aggregateid: string
  type: string
  /** The event's data as JSON. */
  payload: string
  tenant: string
  /** Events of one (aggregatetype, aggregateid) are published in this order. */
  seq: number
  correlation_id: string
  causation_id: string | null
  traceparent: string | null
  tracestate: Generated<string | null>
  /** Milliseconds since the epoch. */
  time: number
  /** How often a handler has failed on it. */
  attempts: Generated<number>
  /** Milliseconds since the epoch; not sent before. */
  next_attempt_at: Generated<number>
  /** Why an operator must decide; null while it is sent by itself. */
  parked_reason: Generated<string | null>
}

export interface InboxRow {
  /** The subscribing service. */
  consumer: string
  event_id: string
  source: string
  aggregateid: string
  seq: number
  /** Milliseconds since the epoch, by the database's clock. */
  received_at: number
}

/** The store of any stateful service: whatever else its schema names, the event tables are there. */
// biome-ignore lint/suspicious/noExplicitAny: query builders of different schemas are not assignable to each other
export type ServiceStore = Store<any>

export function withEventTables(store: ServiceStore): Store<EventTables> {
  return store
}

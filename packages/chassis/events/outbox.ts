import { strictCopy } from '../contract/strict-copy.ts'
import { firstProblem } from '../contract/validation.ts'
import type { Tracer } from '../telemetry/tracing/tracer.ts'
import type { Clock } from '../values/clock.ts'
import { AppError } from '../values/errors.ts'
import type { NewId } from '../values/ids.ts'
import type { Transaction } from '../values/transaction.ts'
import { type Envelope, sequenceText } from './envelope.ts'
import { describePublishing } from './event-spans.ts'
import { type ServiceStore, withEventTables } from './event-tables.ts'
import type { EventPublisher } from './publisher.ts'

export interface OutboxOptions {
  readonly store: ServiceStore
  /** The publishing service. */
  readonly source: string
  readonly newId: NewId
  readonly clock: Clock
  /** Checks data against the event's schema and shares no memory with the publisher, as in tests. */
  readonly strict?: boolean
  /** Told of every event once it is durable, so that nobody has to read it back. Must not throw. */
  readonly onCommitted: (envelope: Envelope) => void
  /** While true, publishing is refused as OVERLOADED: nobody takes the events that are there. */
  readonly isFull?: () => boolean
  /** Has the unit of work tidy up in the outbox, where a statement more costs nothing but a unit of its own does. */
  readonly tidy?: (tx: Transaction) => Promise<void>
  /** Null when nothing is traced. */
  readonly tracer?: Tracer | null
}

type OutboxParameters = {
  id: string
  source: string
  subject: string
  type: string
  payload: string
  tenant: string
  seq: number
  correlationId: string
  causationId: string | null
  traceparent: string | null
  tracestate: string | null
  time: number
}

/** The publisher of a service: an event is a row in the service's own database, committed with what it tells of. */
export function createOutbox(options: OutboxOptions): EventPublisher {
  const { source, newId, clock, strict = false, onCommitted, isFull, tidy, tracer = null } = options
  const insert = withEventTables(options.store).prepare<never, OutboxParameters>((db, p) =>
    db.insertInto('outbox').values({
      id: p.id,
      aggregatetype: p.source,
      aggregateid: p.subject,
      type: p.type,
      payload: p.payload,
      tenant: p.tenant,
      seq: p.seq,
      correlation_id: p.correlationId,
      causation_id: p.causationId,
      traceparent: p.traceparent,
      tracestate: p.tracestate,
      time: p.time,
    }),
  )

  return {
    async publish(tx, context, event, data, { seq }) {
      if (isFull?.() === true) {
        throw new AppError('OVERLOADED', 'Too many events wait to be taken. Try again shortly.')
      }
      if (strict) assertFits(event.type, firstProblem(event.data, data))
      const { principal, correlationId, causationId, requestId, tracestate = null } = context
      const id = newId('evt')
      const time = clock.now()
      const { tenant } = principal
      const subject = event.key(data)
      const cause = causationId ?? requestId
      const span = tracer?.start(context, describePublishing({ type: event.type, source, id, subject })) ?? null
      const traceparent = span?.traceparent ?? context.traceparent
      await insert.write(tx, {
        id,
        source,
        subject,
        type: event.type,
        payload: JSON.stringify(data),
        tenant,
        seq,
        correlationId,
        causationId: cause,
        traceparent,
        tracestate,
        time,
      })
      if (tidy !== undefined) await tidy(tx)
      tx.afterCommit(() => {
        span?.end()
        onCommitted({
          specversion: '1.0',
          id,
          source,
          type: event.type,
          subject,
          time: new Date(time).toISOString(),
          datacontenttype: 'application/json',
          sequence: sequenceText(seq),
          tenant,
          correlationid: correlationId,
          causationid: cause,
          ...(traceparent !== null && { traceparent }),
          ...(tracestate !== null && { tracestate }),
          data: strict ? strictCopy(data) : data,
        })
      })
    },
  }
}

function assertFits(type: string, problem: { path: string; message: string } | null): void {
  if (problem !== null) throw new Error(`the ${problem.path} of a ${type} ${problem.message}`)
}

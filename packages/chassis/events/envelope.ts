import { type Static, Type } from 'typebox'

/**
 * An event as it travels: the attributes of CloudEvents 1.0 in its JSON format, and the extensions that Parley needs.
 * The payload is `data`; its schema belongs to the event's type, of which the major version is a part.
 */
export const Envelope = Type.Object({
  specversion: Type.Literal('1.0'),
  /** `evt_` and a UUIDv7: the event's identity at every consumer. */
  id: Type.String({ minLength: 1, maxLength: 128 }),
  /** The service that published it. */
  source: Type.String({ minLength: 1, maxLength: 128 }),
  /** `request.submitted.v1` */
  type: Type.String({ minLength: 1, maxLength: 128 }),
  /** The key: the aggregate's id. Events of one source and subject keep their order. */
  subject: Type.String({ minLength: 1, maxLength: 256 }),
  /** When it was published, RFC 3339 in UTC. */
  time: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' }),
  datacontenttype: Type.Literal('application/json'),
  /** The event's number among those of its subject; a string that sorts by number, as the CloudEvents extension wants it. */
  sequence: Type.String({ pattern: '^\\d{12}$' }),
  tenant: Type.String({ minLength: 1 }),
  /** The client request that started it all. */
  correlationid: Type.String({ minLength: 1 }),
  /** The event or request that directly caused this one. */
  causationid: Type.Optional(Type.String()),
  /** W3C trace context. */
  traceparent: Type.Optional(Type.String()),
  /** Beside `traceparent`, as the Distributed Tracing extension has it. */
  tracestate: Type.Optional(Type.String()),
  /** The one service that takes it: sent again by an operator, after that service could not take it. */
  replayfor: Type.Optional(Type.String()),
  data: Type.Unknown(),
})
export type Envelope = Static<typeof Envelope>

const sequenceDigits = 12

export function sequenceText(seq: number): string {
  return String(seq).padStart(sequenceDigits, '0')
}

export function sequenceNumber(envelope: Envelope): number {
  return Number(envelope.sequence)
}

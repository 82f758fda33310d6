import { firstProblem } from '../../contract/validation.ts'
import { Envelope } from '../envelope.ts'
import { recordBytesMax } from './kafka-topics.ts'

/** A record without its place: what is written, and what is read. */
export interface RecordContent {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: ReadonlyMap<string, Buffer>
}

/** An event as CloudEvents' Kafka binding has it in binary mode: attributes as `ce_` headers, the data as the value. */
export function encodeEvent(envelope: Envelope): RecordContent & { readonly bytes: number } {
  const { data, datacontenttype, ...attributes } = envelope
  const headers = new Map<string, Buffer>([['content-type', Buffer.from(datacontenttype)]])
  for (const [name, value] of Object.entries(attributes)) headers.set(`ce_${name}`, Buffer.from(value))
  // Also under its own name, where tracing tools of other subscribers look for it.
  if (envelope.traceparent !== undefined) headers.set('traceparent', Buffer.from(envelope.traceparent))
  const content = { key: Buffer.from(envelope.subject), value: Buffer.from(JSON.stringify(data)), headers }
  return { ...content, bytes: bytesOf(content) }
}

export type Decoded =
  | { readonly status: 'event'; readonly envelope: Envelope }
  | { readonly status: 'undecodable'; readonly reason: string }

/** Never throws: whatever bytes are in a topic, the reason tells what is wrong without repeating them. */
export function decodeEvent(content: RecordContent): Decoded {
  const { value, headers } = content
  if (value === null) return { status: 'undecodable', reason: 'it has no value' }
  if (bytesOf(content) > recordBytesMax) {
    return { status: 'undecodable', reason: `it is larger than ${recordBytesMax} bytes` }
  }
  const attributes = [...headers]
    .filter(([name]) => name.startsWith('ce_'))
    .map(([name, bytes]) => [name.slice('ce_'.length), bytes.toString('utf8')])
  let data: unknown
  try {
    data = JSON.parse(value.toString('utf8'))
  } catch {
    return { status: 'undecodable', reason: 'its value is not JSON' }
  }
  const datacontenttype = headers.get('content-type')?.toString('utf8')
  const candidate = { ...Object.fromEntries(attributes), datacontenttype, data }
  const problem = firstProblem(Envelope, candidate)
  if (problem !== null) return { status: 'undecodable', reason: `its ${problem.path} ${problem.message}` }
  return { status: 'event', envelope: candidate as Envelope }
}

/** What a record takes in a batch, with room for the numbers that Kafka puts before each part. */
export function bytesOf({ key, value, headers }: RecordContent): number {
  let bytes = 32 + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, header] of headers) bytes += 8 + name.length + header.length
  return bytes
}

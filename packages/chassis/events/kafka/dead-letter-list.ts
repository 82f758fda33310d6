import { deadHeaders, type PlacedRecord } from './dead-letters.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { deadTopicOf, ensureTopics } from './kafka-topics.ts'
import { KafkaTransport } from './kafka-transport.ts'
import { readTopic } from './read-topic.ts'

/** What a service could not take and nobody has decided about. */
export interface DeadLetter {
  /** The event's own id; one that could not be read is named after its place. */
  readonly id: string
  /** Empty when it could not be read. */
  readonly type: string
  readonly subject: string
  readonly reason: string
  readonly record: PlacedRecord
}

const settledHeader = 'parley-dead-settled'

/** The dead letters of a service that are still open, oldest first. */
export async function listDeadLetters(settings: KafkaSettings, consumer: string): Promise<DeadLetter[]> {
  const topic = deadTopicOf(settings, consumer)
  await ensureTopics(settings, { events: [], dead: [topic] })
  const open = new Map<string, DeadLetter>()
  for (const record of await readTopic(settings, topic)) {
    const settled = textOf(record, settledHeader)
    if (settled === '') open.set(idOf(record), toDeadLetter(record))
    else open.delete(settled)
  }
  return [...open.values()]
}

/**
 * Sends a dead letter again, to that one service, or gives it up; false when no open one has the id. An event that was
 * handled meanwhile has no second effect. Throws when it is to be sent and its content was not kept.
 */
export async function settleDeadLetter(
  settings: KafkaSettings,
  { consumer, id, action }: { consumer: string; id: string; action: 'replay' | 'skip' },
): Promise<boolean> {
  const letter = (await listDeadLetters(settings, consumer)).find((one) => one.id === id)
  if (letter === undefined) return false
  const transport = new KafkaTransport({ settings, prepare: async () => {} })
  try {
    if (action === 'replay') await replay(transport, letter, consumer)
    await transport.write({
      topic: deadTopicOf(settings, consumer),
      partition: 0,
      key: Buffer.from(id),
      value: null,
      headers: new Map([[settledHeader, Buffer.from(id)]]),
    })
  } finally {
    await transport.close()
  }
  return true
}

async function replay(transport: KafkaTransport, { id, record }: DeadLetter, consumer: string): Promise<void> {
  if (record.value === null) throw new Error(`${id} was too large to be kept: it can only be skipped`)
  const headers = new Map([...record.headers].filter(([name]) => !name.startsWith('parley-dead-')))
  headers.set('ce_replayfor', Buffer.from(consumer))
  const topic = textOf(record, deadHeaders.topic)
  await transport.write({ topic, key: record.key, value: record.value, headers })
}

function toDeadLetter(record: PlacedRecord): DeadLetter {
  return {
    id: idOf(record),
    type: textOf(record, 'ce_type'),
    subject: textOf(record, 'ce_subject') || (record.key?.toString('utf8') ?? ''),
    reason: textOf(record, deadHeaders.reason),
    record,
  }
}

function idOf(record: PlacedRecord): string {
  const place = [deadHeaders.topic, deadHeaders.partition, deadHeaders.offset].map((name) => textOf(record, name))
  return textOf(record, 'ce_id') || place.join(':')
}

function textOf({ headers }: PlacedRecord, name: string): string {
  return headers.get(name)?.toString('utf8') ?? ''
}

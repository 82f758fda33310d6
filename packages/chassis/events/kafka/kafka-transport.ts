import { murmur2, ProduceAcks, Producer } from '@platformatic/kafka'
import type { Envelope } from '../envelope.ts'
import type { DeliveryResult, EventTransport } from '../transport.ts'
import { clientOptions } from './kafka-client.ts'
import { bytesOf, encodeEvent, type RecordContent } from './kafka-record.ts'
import type { KafkaSettings } from './kafka-settings.ts'
import { recordBytesMax, topicOf } from './kafka-topics.ts'

export interface KafkaTransportOptions {
  readonly settings: KafkaSettings
  /** Makes topics that are missing. */
  readonly prepare: () => Promise<void>
}

/** A record with the topic it goes to. */
export interface OutgoingRecord extends RecordContent {
  readonly topic: string
  /** Chosen by the key when left out. */
  readonly partition?: number
}

const sendTimeoutMs = 10_000
/** Kafka limits the batch of a partition, not the record. */
const sendBytesMax = recordBytesMax - 4 * 1024
const done: DeliveryResult = { status: 'done' }

/**
 * Writes events to the topic of their source: idempotent producer, acknowledged by all replicas. One send is under way
 * at a time; what comes meanwhile goes with the next one. A send that fails or takes too long ends its producer, so that
 * nothing of it is written later than that.
 */
export class KafkaTransport implements EventTransport {
  readonly #options: KafkaTransportOptions
  #producer: Producer | null = null
  #isPrepared = false
  readonly #partitions = new Map<string, number>()
  #waiting: Waiting[] = []
  #sending: Promise<void> | null = null

  constructor(options: KafkaTransportOptions) {
    this.#options = options
  }

  async deliver(_subscriber: string, envelopes: Envelope[]): Promise<DeliveryResult[]> {
    const { settings } = this.#options
    const records = envelopes.map((envelope) => ({
      ...encodeEvent(envelope),
      topic: topicOf(settings, envelope.source),
    }))
    await this.#enqueue(records.filter(({ bytes }) => bytes <= sendBytesMax))
    return records.map(({ bytes }) => (bytes <= sendBytesMax ? done : tooLarge(bytes)))
  }

  /** Writes one record; resolves once all replicas have it. */
  async write(record: OutgoingRecord): Promise<void> {
    await this.#enqueue([record])
  }

  async close(): Promise<void> {
    await this.#sending
    await this.#drop()
  }

  #enqueue(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ records, resolve, reject })
    this.#sending ??= this.#sendWaiting().finally(() => {
      this.#sending = null
    })
    return promise
  }

  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0)
      try {
        for (const records of inPortions(together.flatMap(({ records }) => records))) await this.#send(records)
        for (const { resolve } of together) resolve()
      } catch (error) {
        await this.#drop()
        for (const { reject } of together) reject(error)
      }
    }
  }

  async #send(records: readonly OutgoingRecord[]): Promise<void> {
    if (!this.#isPrepared) await this.#options.prepare()
    this.#isPrepared = true
    this.#producer ??= this.#createProducer()
    await within(sendTimeoutMs, this.#sendBy(this.#producer, records))
  }

  async #sendBy(producer: Producer, records: readonly OutgoingRecord[]): Promise<void> {
    const topics = [...new Set(records.map(({ topic }) => topic))]
    await this.#fixPartitions(producer, topics)
    await producer.send({
      messages: records.map(({ topic, key, value, headers, partition }) => ({
        topic,
        partition: partition ?? this.#partitionOf(topic, key),
        headers: new Map([...headers].map(([name, header]) => [Buffer.from(name), header])),
        ...(key !== null && { key }),
        ...(value !== null && { value }),
      })),
    })
  }

  /** Partitions that are added later stay unused until the next start: a key must not change its partition meanwhile. */
  async #fixPartitions(producer: Producer, topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#partitions.has(topic))
    if (unknown.length === 0) return
    const metadata = await producer.metadata({ topics: unknown, forceUpdate: true })
    for (const topic of unknown) {
      const count = metadata.topics.get(topic)?.partitionsCount ?? 1
      this.#partitions.set(topic, Math.min(count, this.#options.settings.partitions))
    }
  }

  /** As Kafka's own Java client chooses it. */
  #partitionOf(topic: string, key: Buffer | null): number {
    return key === null ? 0 : (murmur2(key) & 0x7fffffff) % (this.#partitions.get(topic) ?? 1)
  }

  #createProducer(): Producer {
    return new Producer({
      ...clientOptions(this.#options.settings, 'parley-publisher'),
      idempotent: true,
      acks: ProduceAcks.ALL,
    })
  }

  async #drop(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    this.#isPrepared = false
    await producer?.close(true)
  }
}

interface Waiting {
  readonly records: readonly OutgoingRecord[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function* inPortions(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let portion: OutgoingRecord[] = []
  let portionBytes = 0
  for (const record of records) {
    const bytes = bytesOf(record)
    if (portion.length > 0 && portionBytes + bytes > sendBytesMax) {
      yield portion
      portion = []
      portionBytes = 0
    }
    portion.push(record)
    portionBytes += bytes
  }
  if (portion.length > 0) yield portion
}

function tooLarge(bytes: number): DeliveryResult {
  return { status: 'rejected', reason: `its record has ${bytes} bytes, Kafka takes ${sendBytesMax}` }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`Kafka did not answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

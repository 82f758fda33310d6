import { setTimeout as delay } from 'node:timers/promises'
import { Agent, type Dispatcher } from 'undici'
import { processTree, residentBytes } from '../../../bench/measure/processes.ts'
import type { LoadOptions } from '../options.ts'
import { toMegabytes } from './meter.ts'
import { type Bed, startBed } from './start-bed.ts'

export interface HeldStreams {
  readonly streams: number
  readonly idleMegabytes: number
  readonly heldMegabytes: number
  /** Of those that came since the count before. */
  readonly kilobytesPerStream: number
  /** Why the figures mean nothing; null when they do. */
  readonly problem: string | null
}

/** Streams that are begun at a time: what is measured is holding them, not beginning them. */
const opensAtOnce = 50
const warmUpStreams = 200
const settleMs = 5_000
const neverMs = 0
const holdMs = 30 * 60 * 1_000
/** A model may be silent for long, and there is room for more streams than Parley takes by itself. */
const roomy = {
  GPT_IDLE_TIMEOUT_MS: String(holdMs),
  GPT_FIRST_TOKEN_TIMEOUT_MS: String(holdMs),
  GPT_CONNECTIONS_MAX: '20000',
  RESPONSE_CONCURRENCY_MAX: '20000',
}

/**
 * Holds streams open, each after its first chunk, and sees what they cost in memory: the resident memory of all processes
 * of Parley with them, less that of the same processes once some streams have come and gone. The counts are reached one
 * after the other, so that the step from each to the next shows what one more stream costs.
 */
export async function holdStreams(options: LoadOptions, say: (line: string) => void): Promise<HeldStreams[]> {
  await using bed = await startBed({ running: null, topology: options.topology }, roomy)
  const pids = processTree(bed.pid ?? 0)
  const warm = await openStreams(bed, warmUpStreams)
  await warm.close()
  await delay(settleMs)
  const idle = residentBytes(pids)
  const results: HeldStreams[] = []
  const held: OpenStreams[] = []
  let before = { streams: 0, resident: idle }
  for (const streams of options.streams.toSorted((a, b) => a - b)) {
    held.push(await openStreams(bed, streams - before.streams))
    await delay(settleMs)
    const resident = residentBytes(pids)
    const ended = held.reduce((sum, { endedCount }) => sum + endedCount(), 0)
    const result = {
      streams,
      idleMegabytes: toMegabytes(idle),
      heldMegabytes: toMegabytes(resident),
      kilobytesPerStream: (resident - before.resident) / 1024 / (streams - before.streams),
      problem: ended === 0 ? null : `${ended} of ${streams} streams ended while they were held`,
    }
    say(lineOf(options.topology, result, before.streams))
    results.push(result)
    before = { streams, resident }
  }
  for (const each of held) await each.close()
  // Parley sees that its clients have gone before it is stopped.
  await delay(settleMs)
  return results
}

function lineOf(
  topology: string,
  { streams, idleMegabytes, heldMegabytes, kilobytesPerStream }: HeldStreams,
  before: number,
) {
  const memory = `${idleMegabytes.toFixed(0)} MB without streams, ${heldMegabytes.toFixed(0)} MB with ${streams}`
  const since = before === 0 ? 'each' : `for each since the first ${before}`
  return `${topology}: ${memory}: ${kilobytesPerStream.toFixed(1)} KB ${since}`
}

interface OpenStreams {
  endedCount(): number
  close(): Promise<void>
}

/** Begins streams of a model that is silent after its first chunk; resolves once each has told something. */
async function openStreams({ url, key, model }: Bed, count: number): Promise<OpenStreams> {
  const agent = new Agent({ connections: null, bodyTimeout: neverMs, headersTimeout: neverMs })
  let ended = 0
  let waiting = count
  const openNext = async (): Promise<void> => {
    while (waiting > 0) {
      waiting -= 1
      await openStream(agent, { url, key, model, onEnd: () => (ended += 1) })
    }
  }
  await Promise.all(Array.from({ length: opensAtOnce }, openNext))
  return { endedCount: () => ended, close: () => agent.destroy() }
}

interface StreamPlace {
  readonly url: string
  readonly key: string
  readonly model: string
  readonly onEnd: () => void
}

async function openStream(agent: Dispatcher, { url, key, model, onEnd }: StreamPlace): Promise<void> {
  const { statusCode, body } = await agent.request({
    origin: url,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      stream: true,
      messages: [{ role: 'user', content: '/simulate stall_after=1\nHello' }],
    }),
  })
  if (statusCode !== 200) throw new Error(`a stream was refused: ${statusCode} ${await body.text()}`)
  const first = Promise.withResolvers<void>()
  body.once('data', () => first.resolve())
  body.once('close', () => {
    onEnd()
    first.resolve()
  })
  body.on('error', () => {})
  await first.promise
}

import type { Client } from 'undici'
import { ask } from '../load/ask.ts'
import { chatRequest } from '../load/chat-request.ts'
import { type LoopResult, runClosedLoop } from '../load/closed-loop.ts'
import { exchange } from '../load/exchange.ts'
import { FrameReader } from '../load/frame-reader.ts'
import { type Reading, startMeter } from '../measure/meter.ts'
import { monotonicUs } from '../measure/monotonic.ts'
import { type Spread, spread } from '../measure/statistics.ts'
import { STREAM_CHUNKS } from '../settings.ts'
import type { RunningSubject } from '../subjects/subject.ts'

export interface LoadOptions {
  readonly subject: RunningSubject
  /** The upstream and this process. */
  readonly loadPids: readonly number[]
  readonly concurrency: number
  readonly durationMs: number
}

export interface LoadResult {
  readonly completed: number
  readonly failed: number
  readonly firstFailure: string | null
  readonly perSecond: number
  /** Completed per second of the subject's CPU time. */
  readonly perCore: number
  readonly cpuMsEach: number
  readonly latencyMs: Spread
  readonly reading: Reading
}

export interface StreamResult extends LoadResult {
  /** From the sending of the request to the first frame with text. */
  readonly firstTokenMs: Spread
}

/** Plain JSON answers, 1 KB there and 1 KB back; chat completions when nothing else is asked for. */
export function measureJson(options: LoadOptions, request = chatRequest(options.subject)): Promise<LoadResult> {
  return measure(options, (client) => ask(client, request))
}

/** Streams whose chunks the upstream sends as fast as it can, one write each. */
export async function measureStream(options: LoadOptions): Promise<StreamResult> {
  const request = chatRequest({ ...options.subject, stream: { chunks: STREAM_CHUNKS, intervalMs: 0 } })
  const firstTokenMs: number[] = []
  const result = await measure(options, async (client) => {
    const reader = new FrameReader(STREAM_CHUNKS)
    const sentUs = monotonicUs()
    const status = await exchange(client, request, (chunk) => reader.push(chunk, monotonicUs()))
    if (status !== 200 || !reader.complete) return `status ${status}, ${reader.lost} frames lost, done: ${reader.done}`
    firstTokenMs.push(((reader.firstFrameUs ?? Number.NaN) - sentUs) / 1_000)
    return null
  })
  return { ...result, firstTokenMs: spread(firstTokenMs) }
}

async function measure(options: LoadOptions, once: (client: Client) => Promise<string | null>): Promise<LoadResult> {
  const { subject, loadPids, concurrency, durationMs } = options
  const stop = startMeter({ subjectPids: subject.pids(), loadPids })
  const loop = await runClosedLoop({ origin: subject.origin, concurrency, durationMs, once })
  return summarise(loop, stop())
}

function summarise(
  { elapsedMs, completed, failed, firstFailure, latenciesMs }: LoopResult,
  reading: Reading,
): LoadResult {
  return {
    completed,
    failed,
    firstFailure,
    perSecond: (completed / elapsedMs) * 1_000,
    perCore: (completed / reading.subjectCpuMs) * 1_000,
    cpuMsEach: reading.subjectCpuMs / completed,
    latencyMs: spread(latenciesMs),
    reading,
  }
}

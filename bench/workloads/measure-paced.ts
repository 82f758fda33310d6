import { setTimeout as delay } from 'node:timers/promises'
import { chatRequest } from '../load/chat-request.ts'
import { openClient } from '../load/closed-loop.ts'
import { exchange } from '../load/exchange.ts'
import { FrameReader } from '../load/frame-reader.ts'
import { type Reading, startMeter } from '../measure/meter.ts'
import { monotonicUs } from '../measure/monotonic.ts'
import { quantile, type Spread, spread } from '../measure/statistics.ts'
import { PACED, STREAM_CHUNKS } from '../settings.ts'
import type { RunningSubject } from '../subjects/subject.ts'

export interface PacedOptions {
  readonly subject: RunningSubject
  readonly loadPids: readonly number[]
  /** Streams that each of the connections reads, one after the other. */
  readonly streamsPerSlot: number
}

export interface PacedResult {
  readonly streams: number
  readonly frames: number
  readonly lost: number
  readonly misplaced: number
  /** Streams that failed or ended without their terminal event. */
  readonly broken: number
  readonly firstFailure: string | null
  readonly latenessMs: Spread
  readonly reading: Reading
}

export interface PacedMeasurement {
  readonly result: PacedResult
  /** Every frame's lateness: how many are late is known once the upstream alone was measured. */
  readonly latenessMs: readonly number[]
}

/** Many streams at once, paced as models write, begun evenly over the first second. */
export async function measurePaced({ subject, loadPids, streamsPerSlot }: PacedOptions): Promise<PacedMeasurement> {
  const request = chatRequest({ ...subject, stream: { chunks: STREAM_CHUNKS, intervalMs: PACED.intervalMs } })
  const readers: FrameReader[] = []
  let broken = 0
  let firstFailure: string | null = null

  const slot = async (_: unknown, index: number) => {
    await delay((index / PACED.streams) * PACED.intervalMs * STREAM_CHUNKS)
    const client = openClient(subject.origin)
    for (let count = 0; count < streamsPerSlot; count += 1) {
      const reader = new FrameReader(STREAM_CHUNKS)
      readers.push(reader)
      const status = await exchange(client, request, (chunk) => reader.push(chunk, monotonicUs())).catch(String)
      if (status === 200 && reader.done) continue
      broken += 1
      firstFailure ??= typeof status === 'string' ? status : `status ${status}, done: ${reader.done}`
    }
    await client.destroy()
  }
  const stop = startMeter({ subjectPids: subject.pids(), loadPids })
  await Promise.all(Array.from({ length: PACED.streams }, slot))
  const reading = stop()

  const latenessMs = readers.flatMap((reader) => reader.latenessMs)
  return {
    latenessMs,
    result: {
      streams: readers.length,
      frames: latenessMs.length,
      lost: sum(readers, (reader) => reader.lost),
      misplaced: sum(readers, (reader) => reader.misplaced),
      broken,
      firstFailure,
      latenessMs: spread(latenessMs),
      reading,
    },
  }
}

export interface LateFrames {
  readonly late: number
  /** The lateness from which on a frame counts as late. */
  readonly lateLimitMs: number
}

/** Judges frames by those that came straight from the upstream in the same round. */
export function countLate(latenessMs: readonly number[], upstreamLatenessMs: readonly number[]): LateFrames {
  const lateLimitMs = quantile(upstreamLatenessMs, 0.99) + PACED.lateAfterMs
  return { late: latenessMs.filter((ms) => ms > lateLimitMs).length, lateLimitMs }
}

function sum(readers: readonly FrameReader[], of: (reader: FrameReader) => number): number {
  return readers.reduce((total, reader) => total + of(reader), 0)
}

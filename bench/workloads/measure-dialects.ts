import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'undici'
import { ask } from '../load/ask.ts'
import { openClient } from '../load/closed-loop.ts'
import { DIALECTS, type Dialect, dialectRequest } from '../load/dialect-request.ts'
import { type Reading, startMeter } from '../measure/meter.ts'
import { type Spread, spread } from '../measure/statistics.ts'
import { startParley } from '../subjects/parley.ts'
import type { Bed } from '../subjects/subject.ts'
import { orderOfCycle } from './dialect-order.ts'

export interface DialectResult {
  readonly latencyMs: Spread
  /** Over plain chat in the same minute. */
  readonly addedP50Ms: number
}

export interface DialectsResult {
  /** Requests of each dialect. */
  readonly each: number
  readonly dialects: Readonly<Record<Dialect, DialectResult>>
  readonly reading: Reading
}

export interface DialectsOptions {
  readonly bed: Bed
  readonly loadPids: readonly number[]
  readonly warmUpMs: number
  readonly durationMs: number
}

/** One request at a time to one process, in all dialects by turns. Throws what the first wrong answer said. */
export async function measureDialects(options: DialectsOptions): Promise<DialectsResult> {
  const { bed, loadPids, warmUpMs, durationMs } = options
  const folder = join(bed.folder, 'dialects')
  await mkdir(folder)
  const subject = await startParley({ bed: { ...bed, folder }, name: 'parley', program: 'apps/all-in-one/main.ts' })
  const client = openClient(subject.origin)
  try {
    await askByTurns(client, warmUpMs)
    const stop = startMeter({ subjectPids: subject.pids(), loadPids })
    const latenciesMs = await askByTurns(client, durationMs)
    return { each: latenciesMs.chat.length, dialects: compareWithChat(latenciesMs), reading: stop() }
  } finally {
    await client.destroy()
    await subject.stop()
  }
}

const REQUESTS = DIALECTS.map((dialect) => ({ dialect, request: dialectRequest(dialect) }))

async function askByTurns(client: Client, durationMs: number): Promise<Record<Dialect, number[]>> {
  const latenciesMs = byDialect((): number[] => [])
  const until = performance.now() + durationMs
  for (let cycle = 0; performance.now() < until; cycle += 1) {
    for (const index of orderOfCycle(cycle, REQUESTS.length)) {
      const { dialect, request } = REQUESTS[index] as (typeof REQUESTS)[number]
      const sent = performance.now()
      const failure = await ask(client, request)
      if (failure !== null) throw new Error(`${dialect}: ${failure}`)
      latenciesMs[dialect].push(performance.now() - sent)
    }
  }
  return latenciesMs
}

export function compareWithChat(
  latenciesMs: Readonly<Record<Dialect, readonly number[]>>,
): Record<Dialect, DialectResult> {
  const chatP50 = spread(latenciesMs.chat).p50
  return byDialect((dialect) => {
    const latencyMs = spread(latenciesMs[dialect])
    return { latencyMs, addedP50Ms: latencyMs.p50 - chatP50 }
  })
}

function byDialect<T>(of: (dialect: Dialect) => T): Record<Dialect, T> {
  return Object.fromEntries(DIALECTS.map((dialect) => [dialect, of(dialect)])) as Record<Dialect, T>
}

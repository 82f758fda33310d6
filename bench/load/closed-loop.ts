import { Client } from 'undici'

export interface LoopResult {
  readonly elapsedMs: number
  readonly completed: number
  readonly failed: number
  /** What the first failure said; null when there was none. */
  readonly firstFailure: string | null
  /** Of completed exchanges, in milliseconds. */
  readonly latenciesMs: readonly number[]
}

export interface LoopOptions {
  readonly origin: string
  /** Connections, each with one exchange at a time. */
  readonly concurrency: number
  readonly durationMs: number
  /** One exchange; resolves to null, or to what was wrong with the answer. */
  readonly once: (client: Client) => Promise<string | null>
}

const EXCHANGE_TIMEOUT_MS = 10_000
const FAILURES_MAX = 100

/** Keeps `concurrency` exchanges in flight until the time is over; then lets those in flight end. */
export async function runClosedLoop({ origin, concurrency, durationMs, once }: LoopOptions): Promise<LoopResult> {
  const latenciesMs: number[] = []
  let failed = 0
  let firstFailure: string | null = null
  const start = performance.now()

  const loop = async () => {
    const client = openClient(origin)
    while (performance.now() - start < durationMs && failed < FAILURES_MAX) {
      const sent = performance.now()
      const failure = await once(client).catch((error: unknown) => String(error))
      if (failure === null) latenciesMs.push(performance.now() - sent)
      else {
        failed += 1
        firstFailure ??= failure
      }
    }
    await client.destroy()
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
  return { elapsedMs: performance.now() - start, completed: latenciesMs.length, failed, firstFailure, latenciesMs }
}

/** One keep-alive connection whose requests cannot hang. */
export function openClient(origin: string): Client {
  return new Client(origin, {
    pipelining: 1,
    headersTimeout: EXCHANGE_TIMEOUT_MS,
    bodyTimeout: EXCHANGE_TIMEOUT_MS,
    connectTimeout: EXCHANGE_TIMEOUT_MS,
  })
}

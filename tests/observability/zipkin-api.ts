import { waitUntil } from '@parley/testkit/latch.ts'

/** A span as Zipkin gives it back. */
export interface ZipkinSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly name: string
  readonly kind?: string
  readonly localEndpoint: { readonly serviceName: string }
  readonly tags: Readonly<Record<string, string>>
}

const waitMs = 30_000

/** The spans of a trace once `isWhole` says so of them, or the time is over. */
export async function findTrace(
  url: string,
  traceId: string,
  isWhole: (spans: readonly ZipkinSpan[]) => boolean,
): Promise<readonly ZipkinSpan[]> {
  let spans: readonly ZipkinSpan[] = []
  const look = async () => {
    const answer = await fetch(`${url}/api/v2/trace/${traceId}`)
    spans = answer.ok ? ((await answer.json()) as ZipkinSpan[]) : []
    return isWhole(spans)
  }
  await waitUntil(look, { timeoutMs: waitMs, pollMs: 100 }).catch(() => {})
  return spans
}

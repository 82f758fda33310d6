/** Asks for one number; null when there is none, or none that can be compared. Rejects when Prometheus does not answer. */
export type AskPrometheus = (query: string) => Promise<number | null>

const timeoutMs = 10_000

interface Answer {
  readonly status: 'success' | 'error'
  readonly error?: string
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/** A Prometheus, or anything else that answers its queries, at `url`. */
export function askPrometheus(url: string): AskPrometheus {
  return async (query) => {
    const answer = await fetch(new URL('api/v1/query', `${url.replace(/\/$/, '')}/`), {
      method: 'POST',
      body: new URLSearchParams({ query }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { status, error, data } = (await answer.json()) as Answer
    if (status !== 'success') throw new Error(`Prometheus refuses ${query}: ${error}`)
    const value = Number(data?.result[0]?.value[1] ?? Number.NaN)
    return Number.isFinite(value) ? value : null
  }
}

import { Pool } from 'undici'

export interface PoolOptions {
  readonly baseUrl: URL
  readonly connectionsMax: number
  readonly connectMs: number
}

/** The connections to one provider. One request per connection at a time: aborting one never touches another. */
export function openProviderPool({ baseUrl, connectionsMax, connectMs }: PoolOptions): Pool {
  return new Pool(baseUrl.origin, {
    connections: connectionsMax,
    connect: { timeout: connectMs },
    keepAliveTimeout: 30_000,
    allowH2: false,
    pipelining: 1,
  })
}

/** Ties the provider's own records to the attempt that called it. */
export function clientRequestId({ responseId, attempt }: { responseId: string; attempt: number }): string {
  return `${responseId.replaceAll(/[^\w.-]/g, '_')}.${attempt}`
}

/** The trace that a call belongs to, for providers that are told. */
export function traceHeader({ traceparent }: { readonly traceparent?: string }): string[] {
  return traceparent === undefined ? [] : ['traceparent', traceparent]
}

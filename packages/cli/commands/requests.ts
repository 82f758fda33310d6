import type { Env } from '@parley/chassis/config/env-reader.ts'
import { createAskGateway } from './ask-gateway.ts'

const listedMax = 100

interface Stuck {
  readonly id: string
  readonly tenant: string
  readonly response_id: string
  readonly model: string
  readonly state: string
  readonly progress_at: number
  readonly drives: number
}

interface Shown {
  readonly saga: { readonly state: string; readonly history: readonly { event: string; at: number }[] } | null
}

/** Requests of which nothing was heard for too long, one line each: tenant, id, response, model, state, since, drives. */
export async function listStuck(env: Env): Promise<string> {
  const { data } = await createAskGateway(env)<{ data: Stuck[] }>(`/parley/stuck-requests?limit=${listedMax}`)
  if (data.length === 0) return 'no request is stuck'
  return data
    .map(({ tenant, id, response_id: responseId, model, state, progress_at: progressAt, drives }) =>
      [tenant, id, responseId, model, state, `since ${timeText(progressAt)}`, `driven on ${drives} times`].join('  '),
    )
    .join('\n')
}

/** Everything that is known of a request, and the steps that it has gone through. */
export async function showRequest(env: Env, id: string, { tenant }: { tenant?: string }): Promise<string> {
  const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`
  const path = `/parley/requests/${encodeURIComponent(id)}${query}`
  const { saga, ...request } = await createAskGateway(env)<Shown & Record<string, unknown>>(path)
  const fields = Object.entries(request).map(([name, value]) => `${name.padEnd(16)}${String(value)}`)
  const history = saga?.history.map(({ event, at }) => `  ${timeText(at)}  ${event}`) ?? []
  return [...fields, `${'saga'.padEnd(16)}${saga?.state ?? 'unknown'}`, ...history].join('\n')
}

function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}

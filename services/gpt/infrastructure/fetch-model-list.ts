import { AppError } from '@parley/chassis/values/errors.ts'
import type { Pool } from 'undici'
import type { ProviderModel } from '../application/ports.ts'
import { countOf, isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { garbled, type ProviderIdentity, statusFailure, transportFailure } from './provider-failures.ts'
import { readRetryAfterMs } from './retry-after.ts'

const timeoutMs = 2_000
const bytesMax = 4 * 1024 * 1024

/** `GET models`: the names that the provider reports, in its order. */
export async function fetchModelList(
  pool: Pool,
  request: { path: string; headers: string[]; signal: AbortSignal },
  provider: ProviderIdentity,
): Promise<ProviderModel[]> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)])
  try {
    const answer = await pool.request({ ...request, method: 'GET', signal })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > bytesMax) throw garbled(provider, 'its list of models is too large')
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks).toString()
    const { statusCode: status, headers } = answer
    if (status !== 200)
      throw statusFailure({ status, retryAfterMs: readRetryAfterMs(headers, Date.now()), body }, provider)
    return readModels(body, provider)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw transportFailure(error, { provider, answering: false })
  }
}

function readModels(body: string, provider: ProviderIdentity): ProviderModel[] {
  let list: unknown
  try {
    list = JSON.parse(body)
  } catch {
    throw garbled(provider, 'its list of models is not JSON')
  }
  const models = objectsOf(isObject(list) ? list['data'] : list)
  return models
    .map((model) => ({ providerModel: stringOf(model['id']), createdAt: createdAtOf(model) }))
    .filter((model) => model.providerModel !== '')
}

/** Seconds since the epoch in one dialect, a date in another. */
function createdAtOf({ created, created_at: createdAt }: JsonObject): number | null {
  const seconds = countOf(created)
  if (seconds !== null) return seconds * 1_000
  const instant = Date.parse(stringOf(createdAt))
  return Number.isNaN(instant) ? null : instant
}

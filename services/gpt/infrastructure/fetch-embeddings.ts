import { AppError } from '@parley/chassis/values/errors.ts'
import type { EmbeddingEncoding } from '@parley/kernel/generation.ts'
import type { Pool } from 'undici'
import type { EmbeddingAnswer, EmbeddingRequest } from '../application/ports.ts'
import { decodeVector, encodeVector } from './embedding-vectors.ts'
import { countOf, isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import {
  garbled,
  type ProviderIdentity,
  reportedFailure,
  stalled,
  statusFailure,
  transportFailure,
} from './provider-failures.ts'
import { readRetryAfterMs } from './retry-after.ts'

export interface EmbeddingCall {
  readonly path: string
  readonly headers: string[]
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly request: EmbeddingRequest
}

const bytesMax = 256 * 1024 * 1024

/** `POST embeddings`, once. Providers that know one encoding only are translated. */
export async function fetchEmbeddings(
  pool: Pool,
  { path, headers, signal, timeoutMs, request }: EmbeddingCall,
  provider: ProviderIdentity,
): Promise<EmbeddingAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await pool.request({
      path,
      headers,
      method: 'POST',
      body: encodeBody(request),
      signal: AbortSignal.any([signal, timeout]),
    })
    const body = await readText(answer.body, provider)
    const { statusCode: status } = answer
    if (status !== 200) {
      throw statusFailure({ status, retryAfterMs: readRetryAfterMs(answer.headers, Date.now()), body }, provider)
    }
    return readAnswer(body, request, provider)
  } catch (error) {
    if (error instanceof AppError) throw error
    if (signal.aborted) throw signal.reason
    if (timeout.aborted) throw stalled(provider)
    throw transportFailure(error, { provider, answering: false })
  }
}

function encodeBody({ native, providerModel, input, encoding, dimensions }: EmbeddingRequest): string {
  const body = { ...native, model: providerModel, input, encoding_format: encoding }
  return JSON.stringify(dimensions === null ? body : { ...body, dimensions })
}

async function readText(body: AsyncIterable<Buffer>, provider: ProviderIdentity): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > bytesMax) throw garbled(provider, 'its answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function readAnswer(text: string, request: EmbeddingRequest, provider: ProviderIdentity): EmbeddingAnswer {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw garbled(provider, 'its answer is not JSON')
  }
  if (!isObject(body)) throw garbled(provider, 'its answer is not a JSON object')
  if (isObject(body['error'])) throw reportedFailure(body['error'], provider)
  const entries = inOrder(objectsOf(body['data']))
  if (entries.length !== inputCount(request))
    throw garbled(provider, 'it gave another number of vectors than asked for')
  const usage = isObject(body['usage']) ? body['usage'] : {}
  return {
    embeddings: entries.map(({ embedding }) => readVector(embedding, request.encoding, provider)),
    inputTokens: countOf(usage['prompt_tokens']) ?? countOf(usage['total_tokens']),
    providerModel: stringOf(body['model']) || request.providerModel,
  }
}

function inOrder(entries: readonly JsonObject[]): readonly JsonObject[] {
  if (entries.every(({ index }, place) => index === undefined || index === place)) return entries
  return entries.toSorted((left, right) => Number(left['index']) - Number(right['index']))
}

function inputCount({ input }: EmbeddingRequest): number {
  return input.length
}

function readVector(value: unknown, encoding: EmbeddingEncoding, provider: ProviderIdentity): string | number[] {
  if (typeof value === 'string') {
    if (encoding === 'base64') return value
    const numbers = decodeVector(value)
    if (numbers !== null) return numbers
  } else if (Array.isArray(value) && value.every((number) => typeof number === 'number')) {
    return encoding === 'float' ? value : encodeVector(value, encoding)
  }
  throw garbled(provider, 'a vector is not a list of numbers')
}

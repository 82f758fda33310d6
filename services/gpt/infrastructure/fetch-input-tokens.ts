import { AppError } from '@parley/chassis/values/errors.ts'
import type { Pool } from 'undici'
import { countOf } from './json-values.ts'
import { parseAnswer } from './parse-answer.ts'
import { garbled, type ProviderIdentity, statusFailure, transportFailure } from './provider-failures.ts'
import { readRetryAfterMs } from './retry-after.ts'

const timeoutMs = 5_000
const bytesMax = 64 * 1024

/** `POST messages/count_tokens`: the tokens that the provider counts. Throws like `ModelClient.generate`. */
export async function fetchInputTokens(
  pool: Pool,
  { signal, ...request }: { path: string; headers: string[]; body: string; signal: AbortSignal },
  provider: ProviderIdentity,
): Promise<number> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const answer = await pool.request({ ...request, method: 'POST', signal: bounded })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > bytesMax) throw garbled(provider, 'its count of tokens is too large')
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks).toString()
    const { statusCode: status, headers } = answer
    if (status !== 200) {
      throw statusFailure({ status, retryAfterMs: readRetryAfterMs(headers, Date.now()), body }, provider)
    }
    const tokens = countOf(parseAnswer(body, provider)['input_tokens'])
    if (tokens === null) throw garbled(provider, 'its count of tokens has no input_tokens')
    return tokens
  } catch (error) {
    if (error instanceof AppError) throw error
    throw transportFailure(error, { provider, answering: false })
  }
}

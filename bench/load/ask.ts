import type { Client } from 'undici'
import { ANSWER_TEXT_BYTES } from '../settings.ts'
import { exchange, type HttpRequest } from './exchange.ts'

/** One exchange whose answer holds the upstream's kilobyte; resolves to null, or to what was wrong with the answer. */
export async function ask(client: Client, request: HttpRequest): Promise<string | null> {
  let bytes = 0
  let last: Buffer | null = null
  const status = await exchange(client, request, (chunk) => {
    bytes += chunk.length
    last = chunk
  })
  return status === 200 && bytes > ANSWER_TEXT_BYTES ? null : `status ${status}: ${String(last).slice(0, 300)}`
}

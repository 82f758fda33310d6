import { randomUUID } from 'node:crypto'
import OpenAI from 'openai'
import type { ClientOptions, FetchInit, NewKey, System } from './system.ts'

const clientTimeoutMs = 20_000

/** What clients of a system do: speak to it through the SDK or plain HTTP, and make keys. */
export function createClientSide({
  url,
  key: presetKey,
  fetch: carry = fetch,
}: Pick<System, 'url' | 'key'> & { readonly fetch?: typeof fetch | undefined }) {
  const client = ({ key = presetKey, timeoutMs = clientTimeoutMs }: ClientOptions = {}) =>
    new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0, timeout: timeoutMs, fetch: carry })

  async function send(path: string, init: FetchInit = {}): Promise<Response> {
    const { method = init.body === undefined ? 'GET' : 'POST', headers = {}, body, key = presetKey, signal } = init
    return carry(`${url}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: signal ?? AbortSignal.timeout(clientTimeoutMs),
    })
  }

  async function newKey(options: NewKey = {}): Promise<{ keyId: string; key: string }> {
    const { tenant, scopes = ['inference', 'sessions', 'keys'], requestsPerMinute, expiresAt } = options
    const answer = await send('/parley/keys', {
      body: {
        ...(tenant !== undefined && { tenant }),
        name: 'a key of the tests',
        scopes,
        ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
        ...(expiresAt !== undefined && { expires_at: Math.ceil(expiresAt / 1_000) }),
      },
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`no key was made: ${answer.status} ${text}`)
    const made = JSON.parse(text) as { id: string; secret: string }
    return { keyId: made.id, key: made.secret }
  }

  async function newTenant(options: NewKey = {}) {
    const { tenant = `tenant-${randomUUID().slice(0, 13)}` } = options
    const { key } = await newKey({ ...options, tenant })
    return { tenant, key, client: client({ key }) }
  }

  return { client, fetch: send, newKey, newTenant }
}

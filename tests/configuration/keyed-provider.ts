import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A provider that answers `Hello.` to whoever has a key that is valid at the moment, and 401 to everybody else. */
export class KeyedProvider implements AsyncDisposable {
  readonly validKeys: Set<string>
  /** Calls answered, by their key. */
  readonly calls = new Map<string, number>()
  readonly #server = createServer((request, response) => {
    request.resume().once('end', () => {
      const key = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
      const isValid = this.validKeys.has(key)
      this.calls.set(key, (this.calls.get(key) ?? 0) + 1)
      response.writeHead(isValid ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isValid ? completion : { error: { message: 'Incorrect API key provided.' } }))
    })
  })

  constructor(...keys: string[]) {
    this.validKeys = new Set(keys)
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'keyed',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

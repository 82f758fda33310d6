import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'

/**
 * A provider that answers every call with the same long stream, as fast as it is read. The simulated model makes up its
 * answers before it sends them, which takes too long for this much text.
 */
export interface FloodUpstream extends AsyncDisposable {
  /** The API root to configure. */
  readonly url: string
  /** Text written so far, of all calls. */
  readonly bytes: number
}

export const floodBytes = 48 * 1024 * 1024
const chunkBytes = 32 * 1024

export async function startFloodUpstream(): Promise<FloodUpstream> {
  let bytes = 0
  const text = 'all work and no play makes a dull boy. '.repeat(1_000).slice(0, chunkBytes)
  const delta = event({ content: text }, null)
  function* answer() {
    for (let written = 0; written < floodBytes; written += chunkBytes) {
      bytes += chunkBytes
      yield delta
    }
    yield `${event({}, 'stop')}data: [DONE]\n\n`
  }
  const server = createServer({ noDelay: true }, (request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    // A caller that leaves early ends the answer; that is no failure here.
    pipeline(Readable.from(answer(), { highWaterMark: 1 }), response, () => {})
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get bytes() {
      return bytes
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function event(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'flood', object: 'chat.completion.chunk', created: 0, model: 'flood', choices })}\n\n`
}

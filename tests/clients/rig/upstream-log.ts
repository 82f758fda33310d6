import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatedUpstream, UpstreamRequest } from '@parley/testkit/simulated/upstream-server.ts'

export interface UpstreamLog extends AsyncDisposable {
  readonly url: string
}

/**
 * Tells the clients, which are processes of their own, what the provider saw: `GET /aborted` counts the calls that were
 * cut off, `GET /running` those that have got some events of their answer and wait for the rest. It is also a provider
 * that begins its answer and never ends it, at `/v1`, for clients whose prompts cannot carry a directive.
 */
export async function startUpstreamLog(upstream: SimulatedUpstream): Promise<UpstreamLog> {
  const held: HeldCall[] = []
  const server = createServer((request, response) => {
    request.resume()
    if (request.method === 'POST') return held.push(hold(response))
    const counted = [...upstream.requests, ...held].filter(filters[request.url ?? ''] ?? (() => false))
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(String(counted.length))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type HeldCall = Pick<UpstreamRequest, 'aborted' | 'ended' | 'bytes'>

const runningBytesMin = 1_000

const filters: Readonly<Record<string, (request: HeldCall) => boolean>> = {
  '/aborted': ({ aborted }) => aborted,
  '/running': ({ aborted, ended, bytes }) => !aborted && !ended && bytes >= runningBytesMin,
}

function hold(response: ServerResponse): HeldCall {
  const delta = { role: 'assistant', content: 'Held answer. '.repeat(runningBytesMin / 10) }
  const event = { id: 'chatcmpl-held', object: 'chat.completion.chunk', created: 0, model: 'held' }
  const text = `data: ${JSON.stringify({ ...event, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
  const call = { aborted: false, ended: false, bytes: text.length }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(text)
  response.once('close', () => {
    call.aborted = true
  })
  return call
}

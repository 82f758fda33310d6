import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatedUpstream, UpstreamRequest } from '@parley/testkit/simulated/upstream-server.ts'

export interface UpstreamLog extends AsyncDisposable {
  readonly url: string
}

/**
 * Tells the clients, which are processes of their own, what the provider saw: `GET /aborted` counts the calls that were
 * cut off, `GET /running` those that have got more than a few events of their answer and wait for the rest.
 */
export async function startUpstreamLog(upstream: SimulatedUpstream): Promise<UpstreamLog> {
  const server = createServer((request, response) => {
    request.resume()
    const counted = upstream.requests.filter(filters[request.url ?? ''] ?? (() => false))
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

const runningBytesMin = 1_000

const filters: Readonly<Record<string, (request: UpstreamRequest) => boolean>> = {
  '/aborted': ({ aborted }) => aborted,
  '/running': ({ aborted, ended, bytes }) => !aborted && !ended && bytes >= runningBytesMin,
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/** How a stream is written down in a pact: Pact compares JSON, not lines of it, so it is the array of its lines. */
export const linesInPact = 'application/x-ndjson+json'
const linesOnWire = 'application/x-ndjson'

export interface LineRelay extends AsyncDisposable {
  readonly url: string
}

/** Stands before Pact's mock provider or before a real one: turns streams into what the other side wants to see. */
export async function startLineRelay(targetUrl: string): Promise<LineRelay> {
  const pool = new Pool(targetUrl)
  const server = createServer(async (request, response) => {
    try {
      const { method = 'GET', url = '/', headers } = request
      const answer = await pool.request({ method, path: url, headers, body: method === 'GET' ? null : request })
      const text = await answer.body.text()
      const contentType = String(answer.headers['content-type'])
      const [type, body] = translate(contentType, text)
      response.writeHead(answer.statusCode, { 'content-type': type }).end(body)
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error))
    }
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await pool.destroy()
    },
  }
}

function translate(contentType: string, text: string): [contentType: string, body: string] {
  if (contentType.startsWith(linesInPact)) {
    const lines = JSON.parse(text) as unknown[]
    return [linesOnWire, lines.map((line) => `${JSON.stringify(line)}\n`).join('')]
  }
  if (!contentType.startsWith(linesOnWire)) return [contentType, text]
  if (!text.endsWith('\n')) throw new Error('the last line of the stream has no end')
  return [linesInPact, `[${text.trimEnd().split('\n').join(',')}]`]
}

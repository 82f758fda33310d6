import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An upstream whose every answer is a function of the test. */
export interface RecordedUpstream extends AsyncDisposable {
  readonly url: URL
  readonly received: readonly ReceivedRequest[]
}

export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => void

export async function startRecordedUpstream(answer: Answer): Promise<RecordedUpstream> {
  const received: ReceivedRequest[] = []
  const server = createServer({ noDelay: true }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const entry = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      received.push(entry)
      answer(response, entry)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/v1`),
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Sends each piece as an HTTP chunk of its own, which the client gets as it was cut. */
export function sendPieces(response: ServerResponse, pieces: readonly Buffer[], type = 'text/event-stream'): void {
  response.writeHead(200, { 'content-type': type })
  for (const piece of pieces) if (piece.length > 0) response.write(piece)
  response.end()
}

/** One answer in full. */
export function send(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
}

/** A stream in full. */
export function events(text: string): Answer {
  return send(200, text, { 'content-type': 'text/event-stream' })
}

/** Events of a stream: one delta, and the finish reason. */
export const hello = 'data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}\n\n'
export const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'

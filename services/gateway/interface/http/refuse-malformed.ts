import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '@parley/chassis/values/errors.ts'
import { encodeError } from '../errors.ts'

/** Long enough for the largest body over a slow line; Node closes connections that take longer to send one. */
const receiveTimeoutMs = 5 * 60_000

/** Answers what is not HTTP, or never ends, before a route could: with the same envelope as every other refusal. */
export function refuseMalformed(server: Server, newRequestId: () => string): void {
  server.requestTimeout = receiveTimeoutMs
  server.removeAllListeners('clientError')
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const requestId = newRequestId()
    const { status, phrase, message } = describe(error.code)
    const { body } = encodeError(new AppError('INVALID_REQUEST', message), { requestId, accepted: false })
    socket.end(
      [
        `HTTP/1.1 ${status} ${phrase}`,
        'content-type: application/json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        `x-request-id: ${requestId}`,
        'x-should-retry: false',
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    )
  })
}

function describe(code: string | undefined): { status: number; phrase: string; message: string } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, phrase: 'Request Timeout', message: 'The request took too long to arrive. Send it again.' }
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, phrase: 'Request Header Fields Too Large', message: 'The headers are too large. Send fewer.' }
  }
  return { status: 400, phrase: 'Bad Request', message: 'This is not a valid HTTP request.' }
}

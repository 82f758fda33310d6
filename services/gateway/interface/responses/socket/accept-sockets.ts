import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import { WebSocketServer } from 'ws'
import { assertScope } from '../../../domain/api-key.ts'
import { encodeError } from '../../errors.ts'
import { readSecret } from '../../http/credentials.ts'
import { ResponsesSocket, type SocketOptions } from './responses-socket.ts'

const path = '/v1/responses'

/**
 * Serves `GET /v1/responses` as a WebSocket. Who may not use it is refused before the upgrade, like any request; a
 * request for another protocol, or at another path, is answered as if it had not asked for one.
 */
export function acceptSockets(server: Server, options: SocketOptions): void {
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: options.config.bodyBytesMax,
    perMessageDeflate: false,
  })
  Object.assign(server, { shouldUpgradeCallback: isForSocket })
  server.on('upgrade', (request, socket, head) => {
    const onError = () => socket.destroy()
    socket.on('error', onError)
    void admit(request, options).then(
      (secret) => {
        socket.removeListener('error', onError)
        upgrader.handleUpgrade(request, socket, head, (accepted) => {
          new ResponsesSocket(accepted, secret, options)
        })
      },
      (error: unknown) => refuse(socket, toAppError(error), options.ports.newId('req')),
    )
  })
}

function isForSocket({ url = '', headers, method }: IncomingMessage): boolean {
  return method === 'GET' && url.split('?', 1)[0] === path && headers.upgrade?.toLowerCase() === 'websocket'
}

async function admit(request: IncomingMessage, { authenticate, sockets }: SocketOptions): Promise<string> {
  const secret = readSecret(request.rawHeaders)
  assertScope((await authenticate(secret)).principal, 'inference')
  if (!sockets.hasRoom) throw new AppError('OVERLOADED', 'There are too many connections. Try again in a moment.')
  return secret
}

function refuse(socket: Duplex, error: AppError, requestId: string): void {
  const { status, headers, body } = encodeError(error, { requestId, accepted: false })
  const lines = Object.entries({
    ...headers,
    'x-request-id': requestId,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'))
}

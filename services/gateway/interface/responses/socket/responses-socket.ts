import { CallScope, callerGone } from '@parley/chassis/contract/call-scope.ts'
import type { Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { RawData, WebSocket } from 'ws'
import type { Authenticate } from '../../../application/authenticate.ts'
import type { LimitRequests } from '../../../application/limit-requests.ts'
import type { GatewayConfig } from '../../../config.ts'
import { assertScope } from '../../../domain/api-key.ts'
import { type Exchange, endTrace, traceExchange } from '../../http/exchange.ts'
import { rateLimited } from '../../http/rate-limit-headers.ts'
import type { RequestRecorder } from '../../http/request-recorder.ts'
import { decodeTurn, laneOf, parseMessage } from './client-event.ts'
import { LocalTurns } from './local-turns.ts'
import type { Endable, OpenSockets } from './open-sockets.ts'
import { type RunTurnPorts, runTurn } from './run-turn.ts'
import { connectionLimitEvent, errorEvent } from './server-event.ts'

export interface SocketOptions {
  ports: RunTurnPorts
  authenticate: Authenticate
  limitRequests: LimitRequests
  recorder: RequestRecorder
  /** Null when nothing is traced. */
  tracer: Tracer | null
  sockets: OpenSockets
  config: GatewayConfig
}

const turnsWaitingMax = 16
const ageMsMax = 60 * 60_000
/** Less than this may lie unsent before a turn waits for its client. */
const unsentBytesMax = 256 * 1024
const goingAway = 1001
const tooMuch = 1008

/**
 * One client's connection: turns in the order in which they came, one at a time. A client that leaves ends a turn that
 * is not stored; a stored one goes on, and can be followed by its id.
 */
export class ResponsesSocket implements Endable {
  readonly #socket: WebSocket
  readonly #secret: string
  readonly #options: SocketOptions
  readonly #openedMs: number
  readonly #local: LocalTurns
  readonly #waiting: unknown[] = []
  readonly #heartbeat: NodeJS.Timeout
  #turn: CallScope | null = null
  #busy = false
  #ending = false
  #alive = true

  constructor(socket: WebSocket, secret: string, options: SocketOptions) {
    this.#socket = socket
    this.#secret = secret
    this.#options = options
    this.#openedMs = options.ports.clock.monotonicMs()
    this.#local = new LocalTurns({ charsMax: options.config.bodyBytesMax })
    this.#heartbeat = setInterval(() => this.#beat(), options.config.keepAliveMs)
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('pong', () => {
      this.#alive = true
    })
    // A broken connection also closes; there is nothing to add to that.
    socket.on('error', () => {})
    socket.on('close', () => this.#left())
    options.sockets.add(this)
  }

  endSoon(): void {
    this.#ending = true
    if (!this.#busy) this.#socket.close(goingAway, 'The server is stopping.')
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ending) return
    if (this.#waiting.length >= turnsWaitingMax) {
      this.#socket.close(tooMuch, `More than ${turnsWaitingMax} turns are waiting.`)
      return
    }
    this.#waiting.push(isBinary ? binaryMessage : messageOf(data))
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      await this.#answer(message)
      if (this.#ending || this.#socket.readyState !== this.#socket.OPEN) break
    }
    this.#busy = false
    if (this.#ending) this.endSoon()
  }

  async #answer(message: unknown): Promise<void> {
    const { recorder, ports, tracer } = this.#options
    const { clock } = ports
    const lane = laneOf(message)
    if (clock.monotonicMs() - this.#openedMs > ageMsMax) {
      await this.#send(connectionLimitEvent(lane)).catch(() => {})
      this.#ending = true
      return
    }
    const requestId = ports.newId('req')
    const request = { method: 'WEBSOCKET', routePath: '/v1/responses', path: '/v1/responses' }
    const exchange: Exchange = {
      requestId,
      startedMs: clock.monotonicMs(),
      method: request.method,
      routePath: request.routePath,
      dialect: 'openai',
      correlationId: requestId,
      // Each turn is a trace of its own: a connection lasts for many.
      trace: traceExchange(tracer, { traceparent: null }, request),
      key: null,
      limit: null,
      accepted: false,
    }
    recorder.streamOpened()
    try {
      await this.#run(message, exchange)
      this.#answered(exchange, this.#socket.readyState === this.#socket.OPEN ? 200 : 499)
    } catch (thrown) {
      const error = toAppError(thrown)
      recorder.failed(exchange, error)
      exchange.trace.span?.fail(error)
      this.#answered(exchange, error.status)
      await this.#send(errorEvent(error, { requestId: exchange.requestId, lane })).catch(() => {})
    } finally {
      recorder.streamClosed()
    }
  }

  #answered(exchange: Exchange, status: number): void {
    this.#options.recorder.answered(exchange, status)
    endTrace(exchange, status)
  }

  async #run(message: unknown, exchange: Exchange): Promise<void> {
    const { authenticate, limitRequests, ports, config } = this.#options
    if (message instanceof AppError) throw message
    // The key may have been revoked since the connection was made.
    const key = await authenticate(this.#secret)
    exchange.key = key
    assertScope(key.principal, 'inference')
    exchange.limit = limitRequests(key)
    if (exchange.limit?.admitted === false) throw rateLimited(exchange.limit)
    const turn = decodeTurn(message)
    const scope = CallScope.root({
      principal: key.principal,
      requestId: exchange.requestId,
      correlationId: exchange.requestId,
      causationId: null,
      traceparent: exchange.trace.traceparent,
      tracestate: exchange.trace.tracestate ?? null,
      depth: 0,
      deadlineMs: config.requestTimeoutMs,
    })
    this.#turn = scope
    if (this.#socket.readyState !== this.#socket.OPEN) scope.end(callerGone)
    try {
      await runTurn(ports, {
        context: scope,
        turn,
        local: this.#local,
        onAccepted: () => {
          exchange.accepted = true
        },
        send: (event) => this.#send(event),
      })
    } finally {
      this.#turn = null
      scope.close()
    }
  }

  /** Resolves once little enough is unsent; rejects with CALL_CANCELLED when the client has gone or does not read. */
  #send(event: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#socket.readyState !== this.#socket.OPEN) reject(callerGone)
    else {
      const waits = this.#socket.bufferedAmount + event.length > unsentBytesMax
      const timer = waits ? setTimeout(() => this.#drop(), this.#options.config.writeStallMs) : undefined
      this.#socket.send(event, (error) => {
        clearTimeout(timer)
        if (error) reject(callerGone)
        else resolve()
      })
      if (!waits) resolve()
    }
    return promise
  }

  #drop(): void {
    this.#socket.terminate()
  }

  #beat(): void {
    if (!this.#alive) return this.#drop()
    this.#alive = false
    this.#socket.ping()
  }

  #left(): void {
    clearInterval(this.#heartbeat)
    this.#waiting.length = 0
    this.#turn?.end(callerGone)
    this.#options.sockets.delete(this)
  }
}

const binaryMessage = new AppError('INVALID_REQUEST', 'Messages are text: one JSON object each.')

/** The value of a message, or what is wrong with it, to be told in its turn. */
function messageOf(data: RawData): unknown {
  try {
    return parseMessage(Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]))
  } catch (error) {
    return toAppError(error)
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { placeFromHeaders } from '@parley/chassis/contract/call-headers.ts'
import { callerGone } from '@parley/chassis/contract/call-scope.ts'
import type { Tracer } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Authenticate } from '../../application/authenticate.ts'
import type { LimitRequests } from '../../application/limit-requests.ts'
import type { GatewayConfig } from '../../config.ts'
import { type AuthenticatedKey, assertScope } from '../../domain/api-key.ts'
import { encodeError } from '../errors.ts'
import type { Answer, Route } from '../route.ts'
import { type CheckRequest, compileChecks } from './check-request.ts'
import { readSecret } from './credentials.ts'
import { dialectOf } from './dialect-of.ts'
import { endAfterBody } from './end-after-body.ts'
import { EventStreamWriter } from './event-stream.ts'
import { type Exchange, endTrace, nobody, openContext, traceExchange } from './exchange.ts'
import { fromFrameworkError } from './framework-errors.ts'
import type { OpenExchanges } from './open-exchanges.ts'
import { parseBody } from './parse-body.ts'
import { anthropicRateLimitHeaders, rateLimited, rateLimitHeaders } from './rate-limit-headers.ts'
import { correlationIdOf, idempotencyKeyOf } from './request-headers.ts'
import type { RequestRecorder } from './request-recorder.ts'
import { createRouteFinder } from './route-finder.ts'
import { endGuarded } from './stall-guard.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the route's first hook has run. */
    exchange: Exchange | null
  }
}

export interface ServeRoutesOptions {
  routes: readonly Route[]
  authenticate: Authenticate
  limitRequests: LimitRequests
  clock: Clock
  newId: NewId
  recorder: RequestRecorder
  /** Null when nothing is traced. */
  tracer: Tracer | null
  open: OpenExchanges
  config: GatewayConfig
}

/** Serves the route table on the public server, and sets its parsers and its handlers of errors and of unknown paths. */
export function serveRoutes(app: FastifyInstance, options: ServeRoutesOptions): void {
  const door = new Door(options)
  app.decorateRequest('exchange', null)
  app.removeAllContentTypeParsers()
  const { bodyBytesMax } = options.config
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: bodyBytesMax },
    (_request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void) => {
      done(null, bytes.length === 0 ? undefined : parseBody(bytes))
    },
  )
  for (const route of options.routes) {
    const check = compileChecks(route)
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      exposeHeadRoute: false,
      bodyLimit: bodyBytesMax,
      onRequest: (request, reply, done) => door.enter(route, request, reply.raw, done),
      handler: (request, reply) => {
        reply.hijack()
        void door.answer(route, check, request, reply.raw)
      },
    })
  }
  const findMethods = createRouteFinder(options.routes)
  app.setNotFoundHandler((request, reply) => {
    reply.hijack()
    door.refuseUnknown(findMethods(request.url), request, reply.raw)
  })
  app.setErrorHandler((error, request, reply) => {
    // Set when the rest of a body was left unread.
    const mustClose = reply.hasHeader('connection')
    reply.hijack()
    door.refuse(fromFrameworkError(error, bodyBytesMax), request, reply.raw, mustClose ? { connection: 'close' } : {})
  })
}

class Door {
  readonly #options: ServeRoutesOptions

  constructor(options: ServeRoutesOptions) {
    this.#options = options
  }

  /** Before the body is read: who asks, whether it may, and whether it asks too often. */
  enter(route: Route, request: FastifyRequest, raw: ServerResponse, done: (error?: Error) => void): void {
    const exchange = this.#begin(request, raw, route.path)
    const { scope } = route
    if (scope === null) return done()
    const admit = (key: AuthenticatedKey) => {
      exchange.key = key
      assertScope(key.principal, scope)
      exchange.limit = this.#options.limitRequests(key)
      if (exchange.limit?.admitted === false) throw rateLimited(exchange.limit)
    }
    try {
      const key = this.#options.authenticate(readSecret(request.raw.rawHeaders))
      if (key instanceof Promise) {
        key.then(admit).then(() => done(), done)
        return
      }
      admit(key)
    } catch (error) {
      return done(toAppError(error))
    }
    done()
  }

  async answer(route: Route, check: CheckRequest, request: FastifyRequest, raw: ServerResponse): Promise<void> {
    const exchange = request.exchange ?? this.#begin(request, raw, route.path)
    const { scope, close } = openContext(raw, {
      exchange,
      key: exchange.key ?? nobody,
      timeoutMs: this.#options.config.requestTimeoutMs,
    })
    try {
      const answer = await route.handle({
        context: scope,
        ...check(request),
        headers: request.raw.headers,
        idempotencyKey: idempotencyKeyOf(request.raw),
        onAccepted: () => {
          exchange.accepted = true
        },
      })
      await this.#send(answer, exchange, raw)
    } catch (error) {
      this.#fail(toAppError(error), exchange, raw)
    } finally {
      close()
    }
  }

  refuseUnknown(allowed: readonly string[], request: FastifyRequest, raw: ServerResponse): void {
    if (allowed.length === 0) {
      const message = 'There is nothing at this path. GET /openapi.json lists what there is.'
      this.refuse(new AppError('ROUTE_NOT_FOUND', message), request, raw)
      return
    }
    const error = new AppError('METHOD_NOT_ALLOWED', `This path takes ${allowed.join(', ')}, not ${request.method}.`)
    this.refuse(error, request, raw, { allow: allowed.join(', ') })
  }

  refuse(error: AppError, request: FastifyRequest, raw: ServerResponse, headers: Record<string, string> = {}): void {
    this.#fail(error, request.exchange ?? this.#begin(request, raw, 'unknown'), raw, headers)
  }

  #begin(request: FastifyRequest, raw: ServerResponse, routePath: string): Exchange {
    const { clock, newId, open, tracer } = this.#options
    const { method, raw: message } = request
    const requestId = newId('req')
    const exchange: Exchange = {
      requestId,
      startedMs: clock.monotonicMs(),
      method,
      routePath,
      dialect: dialectOf(message),
      correlationId: correlationIdOf(message) ?? requestId,
      trace: traceExchange(tracer, placeFromHeaders(message.headers), { method, routePath, path: pathOf(message) }),
      key: null,
      limit: null,
      accepted: false,
    }
    request.exchange = exchange
    open.add(raw)
    return exchange
  }

  async #send(answer: Answer, exchange: Exchange, raw: ServerResponse): Promise<void> {
    if (raw.destroyed) throw callerGone
    if (answer.kind === 'json') {
      this.#sendBody(answer.status, answer.body, exchange, raw)
      return
    }
    const { recorder, config } = this.#options
    const writer = new EventStreamWriter(raw, answer, {
      headers: {
        ...this.#headers(exchange),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      },
      keepAliveMs: config.keepAliveMs,
      writeStallMs: config.writeStallMs,
      onStalled: () => recorder.clientDropped(exchange),
      onBroken: (error) => {
        recorder.streamBroken(exchange, error)
        exchange.trace.span?.fail(error)
      },
    })
    recorder.streamOpened()
    try {
      await writer.write()
    } finally {
      recorder.streamClosed()
    }
    this.#leave(exchange, raw, raw.destroyed ? 499 : 200)
  }

  #fail(error: AppError, exchange: Exchange, raw: ServerResponse, extraHeaders: Record<string, string> = {}): void {
    this.#options.recorder.failed(exchange, error)
    exchange.trace.span?.fail(error)
    if (raw.destroyed || raw.headersSent) {
      raw.destroy()
      this.#leave(exchange, raw, 499)
      return
    }
    const { status, headers, body } = encodeError(error, exchange)
    this.#sendBody(status, body, exchange, raw, { ...headers, ...extraHeaders })
  }

  #sendBody(
    status: number,
    body: string,
    exchange: Exchange,
    raw: ServerResponse,
    extraHeaders?: Readonly<Record<string, string>>,
  ): void {
    const headers = this.#headers(exchange)
    headers['content-type'] = 'application/json; charset=utf-8'
    headers['content-length'] = String(Buffer.byteLength(body))
    raw.writeHead(status, extraHeaders === undefined ? headers : { ...headers, ...extraHeaders })
    const { config, recorder } = this.#options
    const end = extraHeaders?.connection === 'close' && !raw.req.complete ? endAfterBody : endGuarded
    end(raw, body, {
      writeStallMs: config.writeStallMs,
      onStalled: () => recorder.clientDropped(exchange),
    })
    this.#leave(exchange, raw, status)
  }

  #headers(exchange: Exchange): Record<string, string> {
    const headers: Record<string, string> = {
      'x-request-id': exchange.requestId,
      'openai-version': '2020-10-01',
      'openai-processing-ms': String(Math.round(this.#options.clock.monotonicMs() - exchange.startedMs)),
    }
    if (exchange.dialect === 'anthropic') this.#addAnthropicHeaders(headers, exchange)
    return exchange.limit === null ? headers : Object.assign(headers, rateLimitHeaders(exchange.limit))
  }

  #addAnthropicHeaders(headers: Record<string, string>, { requestId, limit }: Exchange): void {
    headers['request-id'] = requestId
    if (limit !== null) Object.assign(headers, anthropicRateLimitHeaders(limit, this.#options.clock.now()))
  }

  #leave(exchange: Exchange, raw: ServerResponse, status: number): void {
    this.#options.open.delete(raw)
    this.#options.recorder.answered(exchange, status)
    endTrace(exchange, status)
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

import { once } from 'node:events'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { runWithDeadline } from '../store/deadline-scope.ts'
import type { CallLog } from '../telemetry/log-calls.ts'
import type { CallMeter, CallMetrics } from '../telemetry/metrics/call-metrics.ts'
import type { TracePlace } from '../telemetry/tracing/trace-context.ts'
import type { Span, Tracer } from '../telemetry/tracing/tracer.ts'
import { toAppError } from '../values/errors.ts'
import { contextFromHeaders } from './call-headers.ts'
import { type CallScope, callerGone } from './call-scope.ts'
import { describeCall } from './call-spans.ts'
import type { AnyCall, CallsOf, Contract } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { describeContract } from './descriptor.ts'
import { bindingOf, decodeInput, servicePrefix } from './http-binding.ts'
import type { InternalAuth } from './internal-auth.ts'
import type { StreamLine } from './ndjson.ts'
import { openApiOf } from './openapi.ts'
import { checkInput } from './validation.ts'
import { toWireError } from './wire-error.ts'

export interface ServeOptions<C extends Contract> {
  contract: C
  calls: CallsOf<C>
  auth: InternalAuth
  newRequestId: () => string
  /** Told of failures that are nobody's fault but ours. */
  onInternalError: (error: unknown, call: string) => void
  /** Whether the contract itself is served, for callers to compare with theirs (default true). */
  handshake?: boolean
  /** Counts the calls that are served. */
  metrics?: CallMetrics
  /** Null when nothing is traced. */
  tracer?: Tracer | null
  log?: CallLog
}

type Handler = (context: CallScope, input: unknown) => Promise<unknown> | AsyncIterable<unknown>

/**
 * Adds one HTTP route per call of the contract, the contract itself for the handshake, and for people its OpenAPI
 * document, which says no more than the code and needs no token.
 */
export function serveContract<C extends Contract>(app: FastifyInstance, options: ServeOptions<C>): void {
  const { contract, handshake = true } = options
  const prefix = servicePrefix(contract.name)
  if (handshake) {
    serveDescriptor(app, `${prefix}/contract`, options)
    app.get(`${prefix}/openapi.json`, () => openApiOf(contract))
  }
  for (const [name, definition] of Object.entries(contract.calls)) {
    const { method, path } = bindingOf(definition)
    const handler = (options.calls as Record<string, Handler>)[name]
    if (handler === undefined) throw new Error(`${contract.name} does not implement its call '${name}'`)
    const meter = options.metrics?.served(contract.name, name) ?? null
    const description = describeCall(contract.name, name, 'server')
    const spanFor = (place: TracePlace) => options.tracer?.start(place, description) ?? null
    const route = { name, definition, handler, options, meter, spanFor }
    app.route({ method, url: prefix + path, handler: (request, reply) => handle(route, request, reply) })
  }
}

function serveDescriptor(app: FastifyInstance, url: string, options: ServeOptions<Contract>): void {
  const { contract, auth } = options
  app.get(url, async (request, reply) => {
    await answering(reply, options, 'contract', async () => {
      await auth.verify(contract.name, request.headers.authorization)
      sendJson(reply, 200, JSON.stringify(describeContract(contract)))
    })
    return reply
  })
}

interface Route {
  name: string
  definition: AnyCall
  handler: Handler
  options: ServeOptions<Contract>
  meter: CallMeter | null
  spanFor: (place: TracePlace) => Span | null
}

async function handle(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { name, definition, options, meter, spanFor } = route
  const { contract, auth } = options
  const startedMs = performance.now()
  const failure = await answering(reply, options, name, async () => {
    const { principal } = await auth.verify(contract.name, request.headers.authorization)
    const scope = contextFromHeaders(request.headers, {
      principal,
      deadlineMsMax: definition.deadlineMs,
      fallbackId: options.newRequestId(),
      spanFor,
    })
    const leave = () => scope.end(callerGone)
    reply.raw.once('close', leave)
    let failure: unknown = null
    try {
      failure = await run(route, scope, request, reply)
      return failure
    } catch (error) {
      failure = error
      throw error
    } finally {
      reply.raw.off('close', leave)
      if (failure !== null) scope.failed(failure)
      scope.close()
      options.log?.answered(name, scope, startedMs, failure)
    }
  })
  meter?.ended(startedMs, failure)
  return reply
}

/** Resolves to null once the call was answered, or to what broke its stream; throws what refuses it. */
async function run(route: Route, scope: CallScope, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { name, definition, handler, options } = route
  const { params, query, body } = request
  const parts = { parameters: params as Record<string, string>, query: query as Record<string, unknown>, body }
  const input = checkInput(options.contract.name, name, definition.in, decodeInput(definition, parts))
  const result = runWithDeadline(scope, () => handler(scope, input))
  if (isStream(definition)) {
    return sendStream(reply, scope, (result as AsyncIterable<unknown>)[Symbol.asyncIterator]())
  }
  sendJson(reply, 200, JSON.stringify(await scope.bound(result as Promise<unknown>)))
  return null
}

/**
 * Runs `work`; what it throws becomes the error answer, with the status of its code. Resolves to that, to what `work` says
 * has failed, or to null.
 */
async function answering(
  reply: FastifyReply,
  options: Pick<ServeOptions<Contract>, 'onInternalError'>,
  call: string,
  work: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await work()
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'INTERNAL') options.onInternalError(error.cause ?? error, call)
    sendJson(reply, error.status, JSON.stringify({ error: toWireError(error) }))
    return error
  }
}

function sendJson(reply: FastifyReply, status: number, body: string): void {
  if (reply.raw.destroyed || reply.raw.headersSent) return
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}

/**
 * Writes frames as they come. The head is only sent with the first frame, so that a call that fails at once answers
 * with a status like any other; a failure after that is the stream's last line, and what it resolves to.
 */
async function sendStream(reply: FastifyReply, scope: CallScope, frames: AsyncIterator<unknown>): Promise<unknown> {
  const { raw } = reply
  let next: IteratorResult<unknown>
  try {
    next = await scope.bound(frames.next())
    reply.hijack()
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    while (!next.done) {
      if (!writeLine(raw, { frame: next.value })) await scope.bound(once(raw, 'drain'))
      next = await scope.bound(frames.next())
    }
    writeLine(raw, { end: true })
    raw.end()
    return null
  } catch (thrown) {
    frames.return?.().catch(() => scope.end(callerGone))
    if (!raw.headersSent) throw thrown
    if (!raw.destroyed) {
      writeLine(raw, { error: toWireError(toAppError(thrown)) })
      raw.end()
    }
    return thrown
  }
}

function writeLine(raw: FastifyReply['raw'], line: StreamLine): boolean {
  return raw.write(`${JSON.stringify(line)}\n`)
}

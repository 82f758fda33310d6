import { once } from 'node:events'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { runWithDeadline } from '../store/deadline-scope.ts'
import { toAppError } from '../values/errors.ts'
import { contextFromHeaders } from './call-headers.ts'
import { type CallScope, callerGone } from './call-scope.ts'
import type { AnyCall, CallsOf, Contract } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { describeContract } from './descriptor.ts'
import { bindingOf, decodeInput, servicePrefix } from './http-binding.ts'
import type { InternalAuth } from './internal-auth.ts'
import type { StreamLine } from './ndjson.ts'
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
}

type Handler = (context: CallScope, input: unknown) => Promise<unknown> | AsyncIterable<unknown>

/** Adds one HTTP route per call of the contract, and the contract itself for the handshake. */
export function serveContract<C extends Contract>(app: FastifyInstance, options: ServeOptions<C>): void {
  const { contract, handshake = true } = options
  const prefix = servicePrefix(contract.name)
  if (handshake) serveDescriptor(app, `${prefix}/contract`, options)
  for (const [name, definition] of Object.entries(contract.calls)) {
    const { method, path } = bindingOf(definition)
    const handler = (options.calls as Record<string, Handler>)[name]
    if (handler === undefined) throw new Error(`${contract.name} does not implement its call '${name}'`)
    const route = { name, definition, handler, options }
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
}

async function handle(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { name, definition, handler, options } = route
  const { contract, auth } = options
  await answering(reply, options, name, async () => {
    const { principal } = await auth.verify(contract.name, request.headers.authorization)
    const scope = contextFromHeaders(request.headers, {
      principal,
      deadlineMsMax: definition.deadlineMs,
      fallbackId: options.newRequestId(),
    })
    const leave = () => scope.end(callerGone)
    reply.raw.once('close', leave)
    try {
      const { params, query, body } = request
      const parts = { parameters: params as Record<string, string>, query: query as Record<string, unknown>, body }
      const input = checkInput(contract.name, name, definition.in, decodeInput(definition, parts))
      const result = runWithDeadline(scope, () => handler(scope, input))
      if (isStream(definition))
        await sendStream(reply, scope, (result as AsyncIterable<unknown>)[Symbol.asyncIterator]())
      else sendJson(reply, 200, JSON.stringify(await scope.bound(result as Promise<unknown>)))
    } finally {
      reply.raw.off('close', leave)
      scope.close()
    }
  })
  return reply
}

/** Runs `work`; what it throws becomes the error answer, with the status of its code. */
async function answering(
  reply: FastifyReply,
  options: Pick<ServeOptions<Contract>, 'onInternalError'>,
  call: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'INTERNAL') options.onInternalError(error.cause ?? error, call)
    sendJson(reply, error.status, JSON.stringify({ error: toWireError(error) }))
  }
}

function sendJson(reply: FastifyReply, status: number, body: string): void {
  if (reply.raw.destroyed || reply.raw.headersSent) return
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}

/**
 * Writes frames as they come. The head is only sent with the first frame, so that a call that fails at once answers
 * with a status like any other; a failure after that is the stream's last line.
 */
async function sendStream(reply: FastifyReply, scope: CallScope, frames: AsyncIterator<unknown>): Promise<void> {
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
  } catch (thrown) {
    frames.return?.().catch(() => scope.end(callerGone))
    if (!raw.headersSent) throw thrown
    if (!raw.destroyed) {
      writeLine(raw, { error: toWireError(toAppError(thrown)) })
      raw.end()
    }
  }
}

function writeLine(raw: FastifyReply['raw'], line: StreamLine): boolean {
  return raw.write(`${JSON.stringify(line)}\n`)
}

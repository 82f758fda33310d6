import type { Pool } from 'undici'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import { contextHeaders } from './call-headers.ts'
import { CallScope, callerGone } from './call-scope.ts'
import type { AnyCall, CallsOf, Contract, StreamCall, UnaryCall } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { contractViolated, outcomeUnknown, unavailable } from './failures.ts'
import { bindingOf, encodeInput, type Fields, servicePrefix } from './http-binding.ts'
import type { InternalAuth } from './internal-auth.ts'
import { assertMayCall } from './local-client.ts'
import { readLines } from './ndjson.ts'
import { retryOutermost } from './retry.ts'
import { checkOutput } from './validation.ts'
import { fromWireError } from './wire-error.ts'

export interface RemoteClientOptions<C extends Contract> {
  contract: C
  /** The service on whose behalf calls are made. */
  caller: string
  /** Connections to the callee. */
  pool: Pool
  auth: InternalAuth
  /** Throws while the two sides are known to disagree about the contract. */
  assertCompatible: () => void
}

/** Calls a service over HTTP. A caller cannot tell it from the local client except by its speed. */
export function createRemoteClient<C extends Contract>(options: RemoteClientOptions<C>): CallsOf<C> {
  const calls: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(options.contract.calls)) {
    calls[name] = isStream(definition)
      ? (context: CallContext, input: Fields) => streamRemote(options, name, definition, context, input)
      : (context: CallContext, input: Fields) =>
          retryOutermost(definition, context, () => callRemote(options, name, definition, context, input))
  }
  return calls as CallsOf<C>
}

async function callRemote(
  options: RemoteClientOptions<Contract>,
  name: string,
  definition: UnaryCall,
  context: CallContext,
  input: Fields,
): Promise<unknown> {
  const service = options.contract.name
  const scope = CallScope.child(context, definition.deadlineMs)
  try {
    const answer = await send(options, definition, scope, input, context)
    const body = await readJson(service, definition, scope, answer.body)
    if (answer.statusCode !== 200) throw fromWireError(service, body)
    return checkOutput(service, name, definition.out, body)
  } finally {
    scope.close()
  }
}

async function* streamRemote(
  options: RemoteClientOptions<Contract>,
  name: string,
  definition: StreamCall,
  context: CallContext,
  input: Fields,
): AsyncGenerator<unknown> {
  const service = options.contract.name
  const scope = CallScope.child(context, definition.deadlineMs)
  try {
    const answer = await send(options, definition, scope, input, context)
    if (answer.statusCode !== 200) {
      throw fromWireError(service, await readJson(service, definition, scope, answer.body))
    }
    for await (const line of translateErrors(service, definition, scope, readLines(answer.body))) {
      if ('frame' in line) yield checkOutput(service, name, definition.frames, line.frame)
      else if ('error' in line) throw fromWireError(service, line)
      else return
    }
    throw outcomeUnknown(service)
  } finally {
    scope.end(callerGone)
  }
}

async function send(
  options: RemoteClientOptions<Contract>,
  definition: AnyCall,
  scope: CallScope,
  input: Fields,
  context: CallContext,
) {
  const { contract, caller, pool, auth } = options
  assertMayCall(contract.name, context)
  options.assertCompatible()
  const token = await auth.sign({ caller, callee: contract.name, principal: context.principal })
  const { path, body } = encodeInput(definition, input)
  try {
    return await pool.request({
      method: bindingOf(definition).method,
      path: servicePrefix(contract.name) + path,
      headers: {
        authorization: `Bearer ${token}`,
        ...contextHeaders(scope),
        ...(body !== null && { 'content-type': 'application/json' }),
      },
      body,
      signal: scope.signal,
      // The deadline of the call bounds the wait; the transport's own time-outs would only hide it.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  } catch (error) {
    throw transportFailure(contract.name, definition, scope, error)
  }
}

async function readJson(
  service: string,
  definition: AnyCall,
  scope: CallScope,
  body: { text(): Promise<string> },
): Promise<unknown> {
  let text: string
  try {
    text = await body.text()
  } catch (error) {
    throw transportFailure(service, definition, scope, error)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw contractViolated(service, 'it answered with something that is not JSON')
  }
}

async function* translateErrors<T>(
  service: string,
  definition: AnyCall,
  scope: CallScope,
  lines: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* lines
  } catch (error) {
    throw transportFailure(service, definition, scope, error)
  }
}

/** Whether the callee can have acted decides: a connection that was never made cannot have changed anything. */
function transportFailure(service: string, definition: AnyCall, scope: CallScope, error: unknown): AppError {
  if (error instanceof AppError) return error
  if (scope.reason !== null) return scope.reason
  if (error instanceof SyntaxError) return contractViolated(service, 'it sent a line that is not JSON')
  const neverSent = neverSentCodes.has(String((error as { code?: unknown }).code))
  return neverSent || definition.effect === 'read' ? unavailable(service, error) : outcomeUnknown(service, error)
}

const neverSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

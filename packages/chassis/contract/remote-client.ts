import type { Dispatcher } from 'undici'
import type { CallMeter, CallMetrics } from '../telemetry/metrics/call-metrics.ts'
import type { SpanDescription, Tracer } from '../telemetry/tracing/tracer.ts'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import { contextHeaders, leavingHeader } from './call-headers.ts'
import { CallScope, callerGone } from './call-scope.ts'
import { describeCall } from './call-spans.ts'
import type { CallEnd, CalledInstance, Callee } from './callee.ts'
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
  /** The processes that run it; each call is of one of them. */
  callee: Callee
  auth: InternalAuth
  /** Counts the calls that are made. */
  metrics?: CallMetrics
  /** Null when nothing is traced. */
  tracer?: Tracer | null
}

/** Calls a service over HTTP. A caller cannot tell it from the local client except by its speed. */
export function createRemoteClient<C extends Contract>(options: RemoteClientOptions<C>): CallsOf<C> {
  const calls: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(options.contract.calls)) {
    const meter = options.metrics?.made(options.contract.name, name, 'remote') ?? null
    const description = describeCall(options.contract.name, name, 'client')
    const call: RemoteCall = { options, name, meter, description }
    calls[name] = isStream(definition)
      ? (context: CallContext, input: Fields) => streamRemote(call, definition, context, input)
      : (context: CallContext, input: Fields) =>
          retryOutermost(definition, context, input, () => callRemote(call, definition, context, input))
  }
  return calls as CallsOf<C>
}

interface RemoteCall {
  readonly options: RemoteClientOptions<Contract>
  readonly name: string
  readonly meter: CallMeter | null
  readonly description: SpanDescription
}

function openScope({ options, description }: RemoteCall, { deadlineMs }: AnyCall, context: CallContext): CallScope {
  return CallScope.child(context, deadlineMs, options.tracer?.start(context, description) ?? null)
}

async function callRemote(
  call: RemoteCall,
  definition: UnaryCall,
  context: CallContext,
  input: Fields,
): Promise<unknown> {
  const { options, name, meter } = call
  const service = options.contract.name
  const startedMs = performance.now()
  let failure: unknown = null
  let sent: Sent | null = null
  const scope = openScope(call, definition, context)
  try {
    sent = await send(options, definition, scope, input, context)
    const { statusCode, body } = sent.answer
    const result = await readJson(service, definition, scope, body)
    if (statusCode !== 200) throw fromWireError(service, result)
    return checkOutput(service, name, definition.out, result)
  } catch (error) {
    failure = error
    scope.failed(error)
    throw error
  } finally {
    scope.close()
    sent?.instance.ended(failure === null ? answered(sent) : endOf(failure, sent.answer.statusCode))
    meter?.ended(startedMs, failure)
  }
}

async function* streamRemote(
  call: RemoteCall,
  definition: StreamCall,
  context: CallContext,
  input: Fields,
): AsyncGenerator<unknown> {
  const { options, name, meter } = call
  const service = options.contract.name
  const startedMs = performance.now()
  // A reader that stops early ends the generator without an error.
  let failure: unknown = callerGone
  let sent: Sent | null = null
  let isToldItsEnd = false
  const scope = openScope(call, definition, context)
  try {
    sent = await send(options, definition, scope, input, context)
    const { statusCode, body } = sent.answer
    if (statusCode !== 200) throw fromWireError(service, await readJson(service, definition, scope, body))
    for await (const line of translateErrors(service, definition, scope, readLines(body))) {
      if ('frame' in line) {
        yield checkOutput(service, name, definition.frames, line.frame)
        continue
      }
      isToldItsEnd = true
      if ('error' in line) throw fromWireError(service, line)
      failure = null
      return
    }
    throw outcomeUnknown(service)
  } catch (error) {
    failure = error
    throw error
  } finally {
    if (failure !== null) scope.failed(failure)
    scope.close()
    scope.end(callerGone)
    sent?.instance.ended(isToldItsEnd ? answered(sent) : endOf(failure, sent.answer.statusCode))
    meter?.ended(startedMs, failure)
  }
}

interface Sent {
  readonly instance: CalledInstance
  readonly answer: Dispatcher.ResponseData
}

async function send(
  options: RemoteClientOptions<Contract>,
  definition: AnyCall,
  scope: CallScope,
  input: Fields,
  context: CallContext,
): Promise<Sent> {
  const { contract, caller, callee, auth } = options
  assertMayCall(contract.name, context)
  const token = await auth.sign({ caller, callee: contract.name, principal: context.principal })
  const { path, body } = encodeInput(definition, input)
  const request = {
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
  }
  const pool = isStream(definition) ? 'streams' : 'pool'
  for (let instance: CalledInstance | null = callee.begin(); ; ) {
    try {
      return { instance, answer: await instance[pool].request(request) }
    } catch (error) {
      const failure = transportFailure(contract.name, definition, scope, error)
      const isRefused = scope.reason === null && wasNeverSent(error)
      instance.ended(isRefused ? 'refused' : endOf(failure, 200))
      // Nothing was sent, so going elsewhere is no second try of the call: it may be done for any call at any depth.
      instance = isRefused ? callee.beginElsewhere(instance) : null
      if (instance === null) throw failure
    }
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
  const isHarmless = wasNeverSent(error) || definition.effect === 'read'
  return isHarmless ? unavailable(service, error) : outcomeUnknown(service, error)
}

function wasNeverSent(error: unknown): boolean {
  return neverSentCodes.has(String((error as { code?: unknown }).code))
}

function answered({ answer }: Sent): CallEnd {
  return answer.headers[leavingHeader] === undefined ? 'answered' : 'leaving'
}

/** What a failure says of the instance. One that said itself what is wrong has answered. */
function endOf(failure: unknown, statusCode: number): CallEnd {
  if (!(failure instanceof AppError)) return 'answered'
  if (failure.code === 'CALL_CANCELLED') return 'left'
  if (statusCode !== 200) return failure.kind === 'unavailable' ? 'unavailable' : 'answered'
  return failure.kind === 'app' || failure.kind === 'contract' ? 'answered' : 'broken'
}

const neverSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // It was taken out of use before the call was put on a connection.
  'UND_ERR_CLOSED',
])

import { runWithDeadline } from '../store/deadline-scope.ts'
import { isInsideTransaction } from '../store/transaction-scope.ts'
import type { CallLog } from '../telemetry/log-calls.ts'
import type { CallMeter, CallMetrics } from '../telemetry/metrics/call-metrics.ts'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import { CallScope } from './call-scope.ts'
import { type CallDescriptions, type CallTracers, describeSides, LocalCallSpan } from './call-spans.ts'
import type { AnyCall, CallsOf, Contract, StreamCall, UnaryCall } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { outcomeUnknown, unavailable } from './failures.ts'
import type { Fault, FaultInjector } from './faults.ts'
import { LocalStream } from './local-stream.ts'
import { retryOutermost } from './retry.ts'
import { strictCopy } from './strict-copy.ts'
import { checkInput, checkOutput } from './validation.ts'

export interface LocalClientOptions<C extends Contract> {
  contract: C
  /** Asked at each call, since services of one process may need each other before both are made. */
  implementation: () => CallsOf<C>
  /** Copies and freezes what passes, and checks it against the contract, as the wire would. */
  strict: boolean
  faults: FaultInjector | null
  /** Counts the calls that are made. */
  metrics?: CallMetrics
  /** Null when nothing is traced. */
  tracers?: CallTracers | null
  log?: CallLog
}

type AnyUnary = (context: CallContext, input: unknown) => Promise<unknown>
type AnyStream = (context: CallContext, input: unknown) => AsyncIterable<unknown>
type AnyCalls = Readonly<Record<string, AnyUnary | AnyStream | undefined>>

/** Calls a service of the same process. A caller cannot tell it from the remote client except by its speed. */
export function createLocalClient<C extends Contract>(options: LocalClientOptions<C>): CallsOf<C> {
  const { contract, strict, faults, metrics, tracers = null, log = null } = options
  const implementation = () => options.implementation() as AnyCalls
  const calls: Record<string, AnyUnary | AnyStream> = {}
  for (const [name, definition] of Object.entries(contract.calls)) {
    const path = new LocalPath({
      service: contract.name,
      name,
      implementation,
      strict,
      faults,
      meter: metrics?.made(contract.name, name, 'local') ?? null,
      tracers,
      log,
    })
    calls[name] = isStream(definition)
      ? (context, input) => path.stream(definition, context, input)
      : (context, input) => retryOutermost(definition, context, input, () => path.unary(definition, context, input))
  }
  return calls as CallsOf<C>
}

const depthMax = 16

/** Throws unless a call may be made from here: never inside a transaction, never round in circles. */
export function assertMayCall(service: string, context: CallContext): void {
  if (isInsideTransaction()) {
    throw new AppError('INTERNAL', `The ${service} service was called inside a database transaction.`)
  }
  if (context.depth >= depthMax) {
    throw new AppError('INTERNAL', `Calls are nested deeper than ${depthMax}: services call each other in a circle.`)
  }
}

interface LocalPathOptions {
  service: string
  name: string
  implementation: () => AnyCalls
  strict: boolean
  faults: FaultInjector | null
  meter: CallMeter | null
  tracers: CallTracers | null
  log: CallLog | null
}

class LocalPath {
  readonly #options: LocalPathOptions
  readonly #descriptions: CallDescriptions

  constructor(options: LocalPathOptions) {
    this.#options = options
    this.#descriptions = describeSides(options.service, options.name)
  }

  async unary(definition: UnaryCall, context: CallContext, input: unknown): Promise<unknown> {
    const { service, name, strict, meter, log } = this.#options
    assertMayCall(service, context)
    const startedMs = performance.now()
    let failure: unknown = null
    const fault = this.#takeFault()
    const scope = this.#openScope(definition, context)
    try {
      if (fault !== null) await this.#failBefore(fault, definition, context)
      const implementation = this.#implementation() as AnyUnary
      const given = strict ? this.#enter(definition, input) : input
      const result = await scope.bound(runWithDeadline(scope, () => implementation(scope, given)))
      if (fault === 'unknown-outcome') throw outcomeUnknown(service)
      return strict ? strictCopy(checkOutput(service, name, definition.out, result)) : result
    } catch (error) {
      failure = error
      scope.failed(error)
      throw error
    } finally {
      scope.close()
      meter?.ended(startedMs, failure)
      log?.answered(name, scope, startedMs, failure)
    }
  }

  stream(definition: StreamCall, context: CallContext, input: unknown): LocalStream {
    const { service, name, strict, meter, log } = this.#options
    const fault = this.#takeFault()
    const open = () => {
      assertMayCall(service, context)
      const scope = this.#openScope(definition, context)
      const implementation = this.#implementation() as AnyStream
      const frames = implementation(scope, strict ? this.#enter(definition, input) : input)
      return { scope, frames: frames[Symbol.asyncIterator]() }
    }
    return new LocalStream({
      open: fault === null ? open : () => this.#failBefore(fault, definition, context).then(open),
      pass: strict ? (frame) => strictCopy(checkOutput(service, name, definition.frames, frame)) : unchanged,
      afterFrame: fault === 'unknown-outcome' ? () => breakOff(service) : null,
      meter,
      log: log === null ? null : { log, call: name },
    })
  }

  #openScope(definition: AnyCall, context: CallContext): CallScope {
    const { tracers } = this.#options
    const span = tracers === null ? null : LocalCallSpan.start(tracers, context, this.#descriptions)
    return CallScope.child(context, definition.deadlineMs, span)
  }

  #implementation(): AnyUnary | AnyStream {
    const { service, name, implementation } = this.#options
    const found = implementation()[name]
    if (found === undefined) throw unavailable(service)
    return found
  }

  #enter(definition: AnyCall, input: unknown): unknown {
    const { service, name } = this.#options
    return strictCopy(checkInput(service, name, definition.in, input))
  }

  #takeFault(): Fault | null {
    const { service, name, faults } = this.#options
    return faults?.take(service, name) ?? null
  }

  async #failBefore(fault: Fault, definition: AnyCall, context: CallContext): Promise<void> {
    if (fault === 'unavailable') throw unavailable(this.#options.service)
    if (fault !== 'timeout') return
    const scope = CallScope.child(context, definition.deadlineMs)
    await scope.bound(new Promise<never>(() => {})).finally(() => scope.close())
  }
}

function unchanged(frame: unknown): unknown {
  return frame
}

function breakOff(service: string): never {
  throw outcomeUnknown(service)
}

import type { Span } from '../telemetry/tracing/tracer.ts'
import type { CallContext, Deadline, Principal } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import { deadlines, type Expiring, type Expiry } from './deadlines.ts'

export interface ScopeOptions {
  principal: Principal
  requestId: string
  correlationId: string
  causationId: string | null
  traceparent: string | null
  tracestate?: string | null
  depth: number
  deadlineMs: number
  /** The span of what is done within the scope; it ends with it. */
  span?: Span | null
}

type AbortListener = (reason: AppError) => void

/** Most scopes have a listener or two for a moment, so a list of their own is made for the first. */
const nobody: AbortListener[] = []

/**
 * A call context that is alive: it ends when its deadline passes, when its parent ends, or when `end` is called. A
 * process makes several per request, so the AbortSignal that callees may listen to is only made when one is asked for.
 *
 * Invariants: it aborts at most once; a child never outlives its parent; after `close` no deadline or link is left.
 */
export class CallScope implements CallContext, Deadline, Expiring {
  readonly principal: Principal
  readonly requestId: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly traceparent: string | null
  readonly tracestate: string | null
  readonly depth: number
  readonly #endsAtMs: number
  #listeners: AbortListener[] = nobody
  #controller: AbortController | null = null
  #reason: AppError | null = null
  #expiry: Expiry | null = null
  #unlink: (() => void) | null = null
  #span: Span | null

  private constructor(options: ScopeOptions, endsAtMs: number) {
    this.principal = options.principal
    this.requestId = options.requestId
    this.correlationId = options.correlationId
    this.causationId = options.causationId
    this.#span = options.span ?? null
    this.traceparent = this.#span?.traceparent ?? options.traceparent
    this.tracestate = options.tracestate ?? null
    this.depth = options.depth
    this.#endsAtMs = endsAtMs
  }

  /** A scope that no caller waits above: an incoming HTTP request, an event, a timer. Close it when the work is done. */
  static root(options: ScopeOptions): CallScope {
    const scope = new CallScope(options, performance.now() + options.deadlineMs)
    scope.#expiry = deadlines.add(scope.#endsAtMs, scope)
    return scope
  }

  /** The scope of one call made within `parent`: one hop deeper, bounded by both deadlines. Its span ends with it. */
  static child(parent: CallContext, deadlineMs: number, span: Span | null = null): CallScope {
    const remainingMs = parent.deadline.remainingMs()
    const options = { ...scopeFields(parent), depth: parent.depth + 1, deadlineMs, span }
    const scope = new CallScope(options, performance.now() + Math.min(remainingMs, deadlineMs))
    scope.#unlink = onAbort(parent, (reason) => scope.end(reason))
    if (deadlineMs < remainingMs) scope.#expiry = deadlines.add(scope.#endsAtMs, scope)
    return scope
  }

  get deadline(): Deadline {
    return this
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now())
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Why the scope has ended, or null while it has not. */
  get reason(): AppError | null {
    return this.#reason
  }

  /** Aborts everything done within the scope. The first reason stays. */
  end(reason: AppError): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.close()
    this.#controller?.abort(reason)
    // One that is forgotten by what an earlier one does is not called.
    for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) next(reason)
    this.#listeners = nobody
  }

  /** Its time is over. */
  expire(): void {
    this.end(timeout())
  }

  /** Notes on the scope's span, if it has one, why its work failed. */
  failed(error: unknown): void {
    this.#span?.fail(error)
  }

  /** Lets go of the deadline, the parent and the span; the scope no longer ends by itself. */
  close(): void {
    if (this.#span !== null) this.#endSpan(this.#span)
    this.#expiry?.cancel()
    this.#expiry = null
    this.#unlink?.()
    this.#unlink = null
  }

  /** Calls back once when the scope ends, at once if it has; resolves to the function that forgets the listener. */
  onEnd(listener: AbortListener): () => void {
    if (this.#reason !== null) {
      listener(this.#reason)
      return doNothing
    }
    if (this.#listeners === nobody) this.#listeners = [listener]
    else this.#listeners.push(listener)
    return () => this.#forget(listener)
  }

  #endSpan(span: Span): void {
    this.#span = null
    if (this.#reason !== null) span.fail(this.#reason)
    span.end()
  }

  #forget(listener: AbortListener): void {
    const index = this.#listeners.lastIndexOf(listener)
    if (index !== -1) this.#listeners.splice(index, 1)
  }

  /** Settles as `work` does, or rejects as soon as the scope ends. */
  bound<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const forget = this.onEnd(reject)
      work.then(
        (value) => {
          forget()
          resolve(value)
        },
        (error: unknown) => {
          forget()
          reject(error)
        },
      )
    })
  }
}

/** Listens to any context, at the cost of an AbortSignal only when it is not one of ours. */
export function onAbort(context: CallContext, listener: AbortListener): () => void {
  if (context instanceof CallScope) return context.onEnd(listener)
  const { signal } = context
  if (signal.aborted) {
    listener(asReason(signal.reason))
    return doNothing
  }
  const handle = () => listener(asReason(signal.reason))
  signal.addEventListener('abort', handle, { once: true })
  return () => signal.removeEventListener('abort', handle)
}

/** Why a call ends when its caller has gone. One value for all: making an error costs more than most calls. */
export const callerGone = new AppError('CALL_CANCELLED', 'The caller went away before the answer was ready.')

function asReason(reason: unknown): AppError {
  return reason instanceof AppError ? reason : callerGone
}

function timeout(): AppError {
  return new AppError(
    'CALL_TIMEOUT',
    'The answer did not arrive within the time that was left. It may still take effect.',
  )
}

function scopeFields(parent: CallContext) {
  const { principal, requestId, correlationId, causationId, traceparent, tracestate = null } = parent
  return { principal, requestId, correlationId, causationId, traceparent, tracestate }
}

function doNothing(): void {}

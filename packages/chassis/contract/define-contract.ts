import type { Static, TSchema } from 'typebox'
import type { CallContext } from '../values/context.ts'
import type { ErrorCode } from '../values/errors.ts'

/**
 * A contract is everything other services may know of a service: its calls and its events, as one value. From it come
 * the HTTP routes, the in-process call, the remote client and the OpenAPI document.
 */
export interface Contract<
  Calls extends Record<string, AnyCall> = Record<string, AnyCall>,
  Events extends Record<string, AnyEvent> = Record<string, AnyEvent>,
> {
  readonly name: string
  /** `major.minor`: another major refuses to talk, in words. */
  readonly version: string
  readonly calls: Calls
  readonly events: Events
  /** Types of the events of other services that this one handles. */
  readonly subscribes: readonly string[]
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface CallShape<In extends TSchema> {
  /** Method and path below `/internal/<service>`; `:name` segments are taken from the input field of that name. */
  readonly http: `${HttpMethod} /${string}`
  readonly in: In
  /** Codes that the callee may answer with, besides those that every call can fail with. */
  readonly errors: readonly ErrorCode[]
  readonly effect: 'read' | 'write'
  /**
   * Whether repeating the call with the same input has one effect: always, never, or when the input has the field that
   * names what is wanted. Only such calls are retried after they may have had an effect.
   */
  readonly idempotent: boolean | { readonly by: string }
  /** Upper bound for one call; the caller's own deadline may be shorter. */
  readonly deadlineMs: number
}

/** A call that answers once. */
export interface UnaryCall<In extends TSchema = TSchema, Out extends TSchema = TSchema> extends CallShape<In> {
  readonly out: Out
}

/** A call that answers with a stream of frames. */
export interface StreamCall<In extends TSchema = TSchema, Frames extends TSchema = TSchema> extends CallShape<In> {
  readonly frames: Frames
}

export type AnyCall = UnaryCall | StreamCall

export interface EventDefinition<Data extends TSchema = TSchema> {
  /** `aggregate.happened.v1`: the major version is part of the type. */
  readonly type: string
  readonly data: Data
  /** The aggregate's id: events of one key keep their order. */
  key(data: Static<Data>): string
}

export type AnyEvent = EventDefinition<TSchema>

interface CallInput<In extends TSchema> {
  http: `${HttpMethod} /${string}`
  in: In
  errors?: readonly ErrorCode[]
  effect: 'read' | 'write'
  /** Reads are idempotent without saying so. */
  idempotent?: boolean | { readonly by: string }
  deadlineMs?: number
}

const defaultDeadlineMs = 5_000

export function call<const In extends TSchema, const Out extends TSchema>(
  definition: CallInput<In> & { out: Out },
): UnaryCall<In, Out> {
  return { ...withDefaults(definition), out: definition.out }
}

export function stream<const In extends TSchema, const Frames extends TSchema>(
  definition: CallInput<In> & { frames: Frames },
): StreamCall<In, Frames> {
  return { ...withDefaults(definition), frames: definition.frames }
}

export function event<const Data extends TSchema>(
  type: string,
  data: Data,
  options: { key: (data: Static<Data>) => string },
): EventDefinition<Data> {
  if (!/^[a-z][a-z-]*\.[a-z-]+\.v[1-9][0-9]*$/.test(type)) {
    throw new Error(`event type '${type}' must read like 'request.submitted.v1'`)
  }
  return { type, data, key: options.key }
}

export function defineContract<
  const Calls extends Record<string, AnyCall>,
  const Events extends Record<string, EventDefinition<never> | AnyEvent>,
>(
  name: string,
  definition: { version: string; calls: Calls; events: Events; subscribes?: readonly string[] },
): Contract<Calls, Events & Record<string, AnyEvent>> {
  return {
    name,
    version: definition.version,
    calls: definition.calls,
    events: definition.events as Events & Record<string, AnyEvent>,
    subscribes: definition.subscribes ?? [],
  }
}

/** How a call looks in TypeScript, to the service that implements it and to the one that makes it. */
export type CallFunction<Call> =
  Call extends StreamCall<infer In, infer Frames>
    ? (context: CallContext, input: Static<In>) => AsyncIterable<Static<Frames>>
    : Call extends UnaryCall<infer In, infer Out>
      ? (context: CallContext, input: Static<In>) => Promise<Static<Out>>
      : never

/** All calls of a contract: what a service implements and what a client offers. Callers cannot tell which they hold. */
export type CallsOf<C> =
  C extends Contract<infer Calls, infer _Events> ? { [Name in keyof Calls]: CallFunction<Calls[Name]> } : never

export type EventData<E> = E extends EventDefinition<infer Data> ? Static<Data> : never

export function isStream(definition: AnyCall): definition is StreamCall {
  return 'frames' in definition
}

function withDefaults<In extends TSchema>(definition: CallInput<In>): CallShape<In> {
  const { http, effect, errors = [], deadlineMs = defaultDeadlineMs } = definition
  return { http, in: definition.in, errors, effect, idempotent: definition.idempotent ?? effect === 'read', deadlineMs }
}

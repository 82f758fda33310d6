import type { HttpMethod } from '@parley/chassis/contract/define-contract.ts'
import type { CallContext, Scope } from '@parley/chassis/values/context.ts'
import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Static, TSchema } from 'typebox'

/**
 * One public route as one value. From it come the Fastify route, the OpenAPI document, the scope table and the tests that
 * run over all routes.
 */
export interface Route<
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Params extends TSchema = TSchema,
> {
  readonly method: HttpMethod
  /** `/v1/models/{model}`: names in braces are the properties of `params`. */
  readonly path: string
  readonly summary: string
  /** Null: open to everyone. */
  readonly scope: Scope | null
  readonly body: Body | null
  /** A body may be left out altogether; it then counts as `{}`. */
  readonly bodyOptional: boolean
  readonly query: Query | null
  readonly params: Params | null
  /** What is answered when all is well, by status. */
  readonly responses: Readonly<Record<number, RouteResponse>>
  handle(call: RouteCall<Static<Body>, Static<Query>, Static<Params>>): Promise<Answer>
}

export interface RouteResponse {
  readonly description: string
  readonly body: TSchema
  /** The events of `text/event-stream`, when the route can stream. */
  readonly stream?: string
}

/** A request that was authenticated, counted, parsed and checked. */
export interface RouteCall<Body, Query, Params> {
  readonly context: CallContext
  readonly body: Body
  readonly query: Query
  readonly params: Params
  readonly headers: RequestHeaders
  /** Of the header `idempotency-key`, without quotes. */
  readonly idempotencyKey: string | null
  /** To be called once the request may have been accepted; see `encodeError`. */
  readonly onAccepted: () => void
}

/** By their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

export type Answer = JsonAnswer | EventStreamAnswer

export interface JsonAnswer {
  readonly kind: 'json'
  readonly status: number
  readonly body: string
}

export interface EventStreamAnswer {
  readonly kind: 'event-stream'
  readonly frames: AsyncIterable<Frame>
  /** The events of a frame, each whole with its blank line; those of the last frame include the end mark. */
  encode(frame: Frame): readonly string[]
  /** The event that tells of a stream that broke; null: only a broken connection can. */
  encodeBreak(error: AppError): string | null
  /** Whether a response that fails before any output answers with the failure's status instead of a stream. */
  readonly earlyFailureAsStatus: boolean
}

type RouteInput<Body extends TSchema, Query extends TSchema, Params extends TSchema> = Pick<
  Route<Body, Query, Params>,
  'method' | 'path' | 'summary' | 'scope' | 'responses' | 'handle'
> & { body?: Body; bodyOptional?: boolean; query?: Query; params?: Params }

export function defineRoute<
  const Body extends TSchema = TSchema,
  const Query extends TSchema = TSchema,
  const Params extends TSchema = TSchema,
>(route: RouteInput<Body, Query, Params>): Route<Body, Query, Params> {
  const { body = null, bodyOptional = false, query = null, params = null } = route
  return { ...route, body, bodyOptional, query, params }
}

export function json(value: unknown, status = 200): JsonAnswer {
  return { kind: 'json', status, body: JSON.stringify(value) }
}

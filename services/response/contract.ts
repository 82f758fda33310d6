import { call, defineContract, event, stream } from '@parley/chassis/contract/define-contract.ts'
import { Frame, IncompleteReason, ResponseFailure, ResponseStatus } from '@parley/kernel/frames.ts'
import { GenerationOptions } from '@parley/kernel/generation.ts'
import { Item } from '@parley/kernel/items.ts'
import { Usage } from '@parley/kernel/usage.ts'
import { type Static, Type } from 'typebox'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** The outcome of one request, as far as it has come. */
export const Response = Type.Object({
  responseId: Type.String(),
  requestId: Type.String(),
  status: ResponseStatus,
  model: Type.String(),
  sessionId: Nullable(Type.String()),
  previousResponseId: Nullable(Type.String()),
  instructions: Nullable(Type.String()),
  options: GenerationOptions,
  metadata: Type.Record(Type.String(), Type.String()),
  store: Type.Boolean(),
  output: Type.Array(Item),
  usage: Nullable(Usage),
  failure: Nullable(ResponseFailure),
  incompleteReason: Nullable(IncompleteReason),
  attempt: Type.Integer(),
  /** Milliseconds since the epoch. */
  createdAt: Type.Integer(),
  completedAt: Nullable(Type.Integer()),
})
export type Response = Static<typeof Response>

/** One try at calling a provider. */
export const Attempt = Type.Object({
  /** From 1; fences every write made in its name. */
  attempt: Type.Integer({ minimum: 1 }),
  /** `dispatching`: the provider may have been called. `lost`: it may have been, and nobody knows what came of it. */
  state: Type.Union([Type.Literal('dispatching'), Type.Literal('ended'), Type.Literal('lost')]),
  /** Estimated, of a lost attempt that another one followed: what the provider may have been paid for. */
  lostUsage: Nullable(Usage),
  /** When it was found to be lost, in milliseconds since the epoch. */
  lostAt: Nullable(Type.Integer()),
})
export type Attempt = Static<typeof Attempt>

const TurnOutcome = Type.Union([Type.Literal('none'), Type.Literal('append'), Type.Literal('free')])

/** A response as its rows have it, for those who compare records. */
export const AuditedResponse = Type.Object({
  tenant: Type.String(),
  responseId: Type.String(),
  requestId: Type.String(),
  sessionId: Nullable(Type.String()),
  status: ResponseStatus,
  model: Type.String(),
  attempt: Type.Integer(),
  /** How many attempts there are rows of. */
  attemptRows: Type.Integer(),
  provider: Nullable(Type.String()),
  usage: Nullable(Usage),
  lostUsage: Nullable(Usage),
  turn: TurnOutcome,
  /** It has ended, and its session has not been given what it is to get. */
  isTurnOwed: Type.Boolean(),
  createdAt: Type.Integer(),
  completedAt: Nullable(Type.Integer()),
})
export type AuditedResponse = Static<typeof AuditedResponse>

export const AuditResponses = Type.Object({
  /** Without ids: a page of all responses of all tenants, in the order of their ids. */
  responseIds: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
  after: Type.Optional(Type.String()),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
})
export type AuditResponses = Static<typeof AuditResponses>

export const ResponseSettled = Type.Object({
  requestId: Type.String(),
  responseId: Type.String(),
  sessionId: Nullable(Type.String()),
  status: Type.Union([
    Type.Literal('completed'),
    Type.Literal('incomplete'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ]),
  model: Type.String(),
  provider: Nullable(Type.String()),
  providerModel: Nullable(Type.String()),
  usage: Nullable(Usage),
  attempts: Type.Integer(),
  settledAt: Type.Integer(),
  /** Estimated, of all attempts that another one followed. */
  lostUsage: Type.Optional(Nullable(Usage)),
  /** What its session is about to get: nothing because there is none, the turn, or nothing but its freedom. */
  turn: Type.Optional(TurnOutcome),
})
export type ResponseSettled = Static<typeof ResponseSettled>

const ResponseId = Type.Object({ responseId: Type.String() })

export const ResponseContract = defineContract('response', {
  version: '1.0',
  calls: {
    /**
     * Frames with `seq` greater than `after` (-1 for all), live and from the log, until `response-end`. Waits up to
     * `waitMs` for a response that was accepted but has not reached this service yet.
     */
    follow: stream({
      http: 'GET /responses/:responseId/frames',
      in: Type.Object({
        responseId: Type.String(),
        after: Type.Integer({ minimum: -1 }),
        waitMs: Type.Integer({ minimum: 0, maximum: 60_000 }),
      }),
      frames: Frame,
      errors: ['RESPONSE_NOT_FOUND', 'OVERLOADED'],
      effect: 'read',
      deadlineMs: 15 * 60_000,
    }),
    getResponse: call({
      http: 'GET /responses/:responseId',
      in: ResponseId,
      out: Response,
      errors: ['RESPONSE_NOT_FOUND'],
      effect: 'read',
    }),
    /** The tries at calling a provider for it, in their order; none while it waits in the queue. */
    listAttempts: call({
      http: 'GET /responses/:responseId/attempts',
      in: ResponseId,
      out: Type.Object({ data: Type.Array(Attempt) }),
      errors: ['RESPONSE_NOT_FOUND'],
      effect: 'read',
    }),
    listInputItems: call({
      http: 'GET /responses/:responseId/input-items',
      in: Type.Object({
        responseId: Type.String(),
        after: Type.Optional(Type.String()),
        limit: Type.Integer({ minimum: 1, maximum: 100 }),
        order: Type.Union([Type.Literal('asc'), Type.Literal('desc')]),
      }),
      out: Type.Object({ data: Type.Array(Item), hasMore: Type.Boolean() }),
      errors: ['RESPONSE_NOT_FOUND', 'ITEM_NOT_FOUND'],
      effect: 'read',
    }),
    /** Those of another tenant, and pages, only for operators. Ids that are not there are left out. */
    auditResponses: call({
      http: 'POST /audits',
      in: AuditResponses,
      out: Type.Object({ data: Type.Array(AuditedResponse), hasMore: Type.Boolean() }),
      errors: ['SCOPE_MISSING'],
      effect: 'read',
    }),
    /** Stored chat completions that have ended. `after` is the response id after which the page starts. */
    listCompletions: call({
      http: 'GET /completions',
      in: Type.Object({
        after: Type.Optional(Type.String()),
        limit: Type.Integer({ minimum: 1, maximum: 100 }),
        order: Type.Union([Type.Literal('asc'), Type.Literal('desc')]),
        model: Type.Optional(Type.String()),
        /** Only those that have all of these pairs. */
        metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
      }),
      out: Type.Object({ data: Type.Array(Response), hasMore: Type.Boolean() }),
      errors: ['RESPONSE_NOT_FOUND'],
      effect: 'read',
    }),
    /** Replaces the metadata of a stored response that has ended. */
    updateMetadata: call({
      http: 'POST /responses/:responseId/metadata',
      in: Type.Object({ responseId: Type.String(), metadata: Type.Record(Type.String(), Type.String()) }),
      out: Response,
      errors: ['RESPONSE_NOT_FOUND', 'INVALID_REQUEST'],
      effect: 'write',
      idempotent: true,
    }),
    /** Items of stored responses, by their own ids and in the order asked for. */
    findOutputItems: call({
      http: 'POST /output-items',
      in: Type.Object({ itemIds: Type.Array(Type.String(), { minItems: 1, maxItems: 1_000 }) }),
      out: Type.Object({ items: Type.Array(Item) }),
      errors: ['ITEM_NOT_FOUND'],
      effect: 'read',
    }),
    /** Stops a running response; for one that has ended it changes nothing. Resolves to how it ended. */
    cancel: call({
      http: 'POST /responses/:responseId/cancel',
      in: ResponseId,
      out: Response,
      errors: ['RESPONSE_NOT_FOUND'],
      effect: 'write',
      idempotent: true,
      deadlineMs: 15_000,
    }),
    deleteResponse: call({
      http: 'DELETE /responses/:responseId',
      in: ResponseId,
      out: Type.Object({}),
      errors: ['RESPONSE_NOT_FOUND'],
      effect: 'write',
    }),
  },
  events: {
    settled: event('response.settled.v1', ResponseSettled, { key: (data) => data.requestId }),
  },
  subscribes: ['request.submitted.v1'],
})

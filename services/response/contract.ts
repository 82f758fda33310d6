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

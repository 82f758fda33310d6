import { call, defineContract, event } from '@parley/chassis/contract/define-contract.ts'
import { Delivery, GenerationOptions, PromptTemplateRef } from '@parley/kernel/generation.ts'
import { Item } from '@parley/kernel/items.ts'
import { Usage } from '@parley/kernel/usage.ts'
import { type Static, Type } from 'typebox'
import { budgetCalls } from './contract/budgets.ts'
import { upkeepCalls } from './contract/upkeep.ts'

export * from './contract/budgets.ts'
export * from './contract/upkeep.ts'

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** What is to be generated: everything the response service needs to run the request. */
export const RequestInput = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 256 }),
  /** System text of this turn only; it is not carried over to the next. */
  instructions: Nullable(Type.String()),
  prompt: Nullable(PromptTemplateRef),
  items: Type.Array(Item),
  options: GenerationOptions,
  delivery: Delivery,
  /** Kept after it ends: retrievable, resumable, chainable. */
  store: Type.Boolean(),
  sessionId: Nullable(Type.String()),
  previousResponseId: Nullable(Type.String()),
  metadata: Type.Record(Type.String(), Type.String()),
  /**
   * What becomes of a kept response whose process died after it had told part of the answer: `fail`, which is what
   * absence means, ends it incomplete; `restart` asks the model again and tells the new answer after the broken one.
   */
  onInterrupt: Type.Optional(Type.Union([Type.Literal('fail'), Type.Literal('restart')])),
})
export type RequestInput = Static<typeof RequestInput>

export const Accepted = Type.Object({
  requestId: Type.String(),
  responseId: Type.String(),
  /** Milliseconds since the epoch. */
  acceptedAt: Type.Integer(),
  /** True when an earlier acceptance with the same idempotency key was returned. */
  replayed: Type.Boolean(),
})
export type Accepted = Static<typeof Accepted>

/** accepted → one of the terminal states, once the response has settled. */
export const RequestStatus = Type.Union([
  Type.Literal('accepted'),
  Type.Literal('completed'),
  Type.Literal('incomplete'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
])
export type RequestStatus = Static<typeof RequestStatus>

/** Where a request is between its acceptance and the last thing that follows from it, and how it came there. */
export const Saga = Type.Object({
  state: Type.Union([
    Type.Literal('accepted'),
    Type.Literal('generating'),
    Type.Literal('turn-owed'),
    Type.Literal('finished'),
    Type.Literal('compensated'),
  ]),
  history: Type.Array(Type.Object({ event: Type.String(), at: Type.Integer() })),
})
export type Saga = Static<typeof Saga>

export const Request = Type.Object({
  requestId: Type.String(),
  responseId: Type.String(),
  status: RequestStatus,
  model: Type.String(),
  sessionId: Nullable(Type.String()),
  keyId: Nullable(Type.String()),
  acceptedAt: Type.Integer(),
  settledAt: Nullable(Type.Integer()),
  /** Only told by `getRequest`. */
  saga: Type.Optional(Saga),
})
export type Request = Static<typeof Request>

/** One row per settled request. */
export const LedgerEntry = Type.Object({
  requestId: Type.String(),
  responseId: Type.String(),
  keyId: Nullable(Type.String()),
  status: RequestStatus,
  model: Type.String(),
  provider: Nullable(Type.String()),
  usage: Nullable(Usage),
  attempts: Type.Integer(),
  settledAt: Type.Integer(),
  /** What the answer cost, in millionths of the currency. */
  costMicros: Type.Optional(Type.Integer()),
  /** The table that the cost was computed with; null: the model had no price, and the cost is 0. */
  priceVersion: Type.Optional(Nullable(Type.String())),
  /** What attempts before the last one may have used and cost; always estimated. */
  lostUsage: Type.Optional(Nullable(Usage)),
  lostCostMicros: Type.Optional(Type.Integer()),
})
export type LedgerEntry = Static<typeof LedgerEntry>

/** Newest first; `after` is the request id after which the page starts. */
const Page = { after: Type.Optional(Type.String()), limit: Type.Integer({ minimum: 1, maximum: 100 }) }

export const RequestSubmitted = Type.Object({
  requestId: Type.String(),
  responseId: Type.String(),
  model: Type.String(),
  sessionId: Nullable(Type.String()),
  previousResponseId: Nullable(Type.String()),
  store: Type.Boolean(),
  /** Frames can be followed again: the request is stored, or an idempotency key may ask for them a second time. */
  keepFrames: Type.Boolean(),
  acceptedAt: Type.Integer(),
  /** Sent before, to no effect that could be seen: the response may be there all the same. */
  again: Type.Optional(Type.Literal(true)),
})
export type RequestSubmitted = Static<typeof RequestSubmitted>

/** A wish for one generation. An empty `model` means the session's preferred one, else the default. */
export const SubmitRequest = Type.Object({
  ...RequestInput.properties,
  model: Type.String({ maxLength: 256 }),
  /** Unique within the tenant; a caller with several routes puts the route into it. */
  idempotencyKey: Nullable(Type.String({ maxLength: 300 })),
  /**
   * Made anew by the caller for each wish, and the id that its request gets: the same wish sent again, because the answer
   * was lost, is accepted once.
   */
  submissionId: Type.Optional(Type.String({ pattern: '^req_[0-9a-f]{32}$' })),
})
export type SubmitRequest = Static<typeof SubmitRequest>

export const RequestContract = defineContract('request', {
  version: '1.0',
  calls: {
    /** Accepts a request durably: once this resolves, it will be run. */
    submit: call({
      http: 'POST /requests',
      in: SubmitRequest,
      out: Accepted,
      errors: [
        'INVALID_REQUEST',
        'MODEL_NOT_FOUND',
        'TEMPLATE_NOT_FOUND',
        'PREVIOUS_RESPONSE_NOT_FOUND',
        'SESSION_NOT_FOUND',
        'SESSION_CLOSED',
        'SESSION_BUSY',
        'IDEMPOTENCY_KEY_REUSED',
        'BUDGET_EXHAUSTED',
      ],
      effect: 'write',
      idempotent: { by: 'submissionId' },
    }),
    getRequest: call({
      http: 'GET /requests/:requestId',
      in: Type.Object({
        requestId: Type.String(),
        /** Another tenant than the caller's: for operators. */
        tenant: Type.Optional(Type.String()),
      }),
      out: Request,
      errors: ['REQUEST_NOT_FOUND'],
      effect: 'read',
    }),
    listRequests: call({
      http: 'GET /requests',
      in: Type.Object(Page),
      out: Type.Object({ data: Type.Array(Request), hasMore: Type.Boolean() }),
      errors: ['REQUEST_NOT_FOUND'],
      effect: 'read',
    }),
    /**
     * The accepted input, for the service that runs it. Events carry ids only, so that prompts never pass a broker. The
     * input is forgotten soon after the response has settled.
     */
    getInput: call({
      http: 'GET /requests/:requestId/input',
      in: Type.Object({ requestId: Type.String() }),
      out: RequestInput,
      errors: ['REQUEST_NOT_FOUND'],
      effect: 'read',
    }),
    listLedger: call({
      http: 'GET /ledger',
      in: Type.Object(Page),
      out: Type.Object({ data: Type.Array(LedgerEntry), hasMore: Type.Boolean() }),
      errors: ['REQUEST_NOT_FOUND'],
      effect: 'read',
    }),
    ...budgetCalls,
    ...upkeepCalls,
  },
  events: {
    submitted: event('request.submitted.v1', RequestSubmitted, { key: (data) => data.requestId }),
  },
  subscribes: ['response.settled.v1', 'session.turn-appended.v1'],
})

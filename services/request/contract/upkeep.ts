import { call } from '@parley/chassis/contract/define-contract.ts'
import { type Static, Type } from 'typebox'

/** A request that should have come further by now. */
export const StuckRequest = Type.Object({
  tenant: Type.String(),
  requestId: Type.String(),
  responseId: Type.String(),
  model: Type.String(),
  state: Type.String(),
  acceptedAt: Type.Integer(),
  /** When something was last seen to happen, by the database's clock. */
  progressAt: Type.Integer(),
  /** How often its event was sent again. */
  drives: Type.Integer(),
})
export type StuckRequest = Static<typeof StuckRequest>

export const ExceptionKind = Type.Union([
  Type.Literal('request-lost'),
  Type.Literal('ledger-row-missing'),
  Type.Literal('ledger-row-foreign'),
  Type.Literal('ledger-row-differs'),
  Type.Literal('cost-differs'),
  Type.Literal('hold-left'),
  Type.Literal('hold-differs'),
  Type.Literal('budget-sum-differs'),
  Type.Literal('budget-overspent'),
  Type.Literal('attempt-missing'),
  Type.Literal('attempts-differ'),
  Type.Literal('response-without-request'),
  Type.Literal('turn-missing'),
  Type.Literal('turn-doubled'),
])
export type ExceptionKind = Static<typeof ExceptionKind>

/** Two records that should agree and do not. */
export const Exception = Type.Object({
  kind: ExceptionKind,
  tenant: Type.String(),
  /** Of the request, response or budget that it is about. */
  id: Type.String(),
  /** What was found, and what should have been. */
  detail: Type.String(),
})
export type Exception = Static<typeof Exception>

export const Reconciliation = Type.Object({
  exceptions: Type.Array(Exception),
  checked: Type.Object({
    requests: Type.Integer(),
    ledgerRows: Type.Integer(),
    budgets: Type.Integer(),
    responses: Type.Integer(),
    turns: Type.Integer(),
  }),
  /** Where to go on; null when everything has been seen. */
  next: Type.Union([Type.String(), Type.Null()]),
})
export type Reconciliation = Static<typeof Reconciliation>

/** For operators: these look at every tenant. */
export const upkeepCalls = {
  /** The longest stuck first. */
  listStuck: call({
    http: 'GET /stuck-requests',
    in: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 100 }) }),
    out: Type.Object({ data: Type.Array(StuckRequest) }),
    errors: ['SCOPE_MISSING'],
    effect: 'read',
  }),
  /** Compares one page of requests, ledger, budgets, responses or turns with what the others say of them. */
  reconcile: call({
    http: 'GET /reconciliation',
    in: Type.Object({
      cursor: Type.Optional(Type.String({ maxLength: 400 })),
      limit: Type.Integer({ minimum: 1, maximum: 100 }),
      /** What changed within so many milliseconds may still be under way, and is not held against anyone. */
      graceMs: Type.Integer({ minimum: 0, maximum: 24 * 60 * 60_000 }),
    }),
    out: Reconciliation,
    errors: ['SCOPE_MISSING', 'INVALID_REQUEST'],
    effect: 'read',
    deadlineMs: 20_000,
  }),
}

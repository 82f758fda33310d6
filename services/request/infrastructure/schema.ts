import type { Provenance } from '@parley/kernel/usage.ts'
import type { Generated } from 'kysely'
import type { BudgetPeriod } from '../domain/budget-period.ts'
import type { SagaEvent } from '../domain/request-saga.ts'
import type { TurnState } from '../domain/saga-history.ts'

/** The service's tables. JSON is text, times are epoch milliseconds. */
export interface RequestSchema {
  requests: RequestTable
  idempotency_keys: IdempotencyKeyTable
  ledger: LedgerTable
  budgets: BudgetTable
  budget_periods: BudgetPeriodTable
  budget_holds: BudgetHoldTable
  saga_steps: SagaStepTable
  early_turns: EarlyTurnTable
}

export interface RequestTable {
  tenant: string
  request_id: string
  response_id: string
  key_id: string | null
  session_id: string | null
  model: string
  /** Null once the response has settled and the input was forgotten. */
  input: string | null
  accepted_at: number
  /** What its model cost when it was accepted; null when nobody knew. */
  price: string | null
  /** When something was last seen to happen, by the database's clock. */
  progress_at: number | null
  /** How often the reaper has sent its event again. */
  drives: number
  /** 1: there are rows of it in `budget_holds`. */
  held: number
}

export interface IdempotencyKeyTable {
  tenant: string
  idempotency_key: string
  fingerprint: string
  request_id: string
  response_id: string
  accepted_at: number
}

export interface LedgerTable {
  tenant: string
  request_id: string
  response_id: string
  status: 'completed' | 'incomplete' | 'failed' | 'cancelled'
  model: string
  provider: string | null
  /** Of rows that are older than the token columns. */
  usage: string | null
  attempts: number
  settled_at: number
  key_id: string | null
  input_tokens: number | null
  cached_input_tokens: number | null
  output_tokens: number | null
  reasoning_tokens: number | null
  provenance: Provenance | null
  accepted_at: number | null
  cost_micros: number | null
  price_version: string | null
  lost_usage: string | null
  lost_cost_micros: number | null
  /** What its session is owed. */
  turn: TurnState
  turn_at: number | null
}

export interface BudgetTable {
  budget_id: string
  tenant: string
  key_id: string | null
  name: string
  period: BudgetPeriod
  limit_micros: number | null
  limit_tokens: number | null
  created_at: number
  updated_at: number
}

/** The limits are copies of the budget's, so that one conditional update of one row decides. */
export interface BudgetPeriodTable {
  budget_id: string
  starts_at: number
  ends_at: number
  limit_micros: number | null
  limit_tokens: number | null
  held_micros: Generated<number>
  held_tokens: Generated<number>
  spent_micros: Generated<number>
  spent_tokens: Generated<number>
  over_micros: Generated<number>
  over_tokens: Generated<number>
}

/** What one request holds of one budget, and after its end what it spent of it. */
export interface BudgetHoldTable {
  tenant: string
  request_id: string
  budget_id: string
  starts_at: number
  held_micros: number
  held_tokens: number
  /** Where the count of the input comes from. */
  provenance: Provenance
  is_open: number
  spent_micros: number
  spent_tokens: number
}

export interface SagaStepTable {
  tenant: string
  request_id: string
  step: number
  event: SagaEvent
  noted_at: number
}

/** A turn that its session has got before the end of its request was heard of here. */
export interface EarlyTurnTable {
  tenant: string
  response_id: string
  noted_at: number
}

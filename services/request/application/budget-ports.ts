import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Provenance } from '@parley/kernel/usage.ts'
import type { Budget } from '../contract.ts'
import type { BudgetPeriod, PeriodSpan } from '../domain/budget-period.ts'
import type { Page } from './ports.ts'

/** Amounts of the two things that a budget limits. */
export interface Amounts {
  readonly micros: number
  readonly tokens: number
}

export interface BudgetRow {
  readonly budgetId: string
  readonly tenant: string
  readonly keyId: string | null
  readonly name: string
  readonly period: BudgetPeriod
  readonly limitMicros: number | null
  readonly limitTokens: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

/** A budget that a request falls under. */
export interface ApplicableBudget extends BudgetRow {
  /** By the database's clock. */
  readonly nowMs: number
  /** Of the period that it is now; null when nobody has used it yet. */
  readonly startsAt: number | null
}

/** Budgets as they are managed. All methods throw STORE_UNAVAILABLE (retryable). */
export interface BudgetStore {
  insert(tx: Transaction, budget: BudgetRow): Promise<void>
  /** With its present period by the database's clock; a period that nobody has used yet counts as empty. */
  find(tx: Transaction | null, budgetId: string): Promise<Budget | undefined>
  /** Newest first, older than `after`; one more than `limit` when there are more. */
  list(tenant: string, page: Page): Promise<Budget[]>
  /**
   * Changes name and limits, those of the present period included. False, changing nothing, when the present period has
   * spent and holds more than a new limit.
   */
  update(tx: Transaction, budget: BudgetRow): Promise<boolean>
  /** With everything that was held and spent of it. */
  delete(tx: Transaction, budgetId: string): Promise<void>
}

/**
 * What requests hold of budgets. At every moment and for every period, `spent + held <= limit` in micros and in tokens:
 * each change of a period is one conditional statement on its row, so that no two processes can agree to overspend.
 */
export interface BudgetHolds {
  /** The budgets of the tenant, and those of the key, in the order in which they are to be held. */
  listApplicable(tx: Transaction, tenant: string, keyId: string | null): Promise<ApplicableBudget[]>
  /** Opens a period with the budget's limits, unless someone has done so. */
  openPeriod(tx: Transaction, budget: BudgetRow, span: PeriodSpan): Promise<void>
  /** False, changing nothing, when there is no room for the amounts. */
  hold(tx: Transaction, period: PeriodKey, amounts: Amounts): Promise<boolean>
  /** What is left of a period; null where there is no limit. Never negative. */
  roomOf(tx: Transaction, period: PeriodKey): Promise<{ micros: number | null; tokens: number | null }>
  /** Notes whose request holds what. */
  note(tx: Transaction, hold: Hold): Promise<void>
  /** What the request still holds. */
  listOpen(tx: Transaction, tenant: string, requestId: string): Promise<Hold[]>
  /**
   * Turns a hold into what was spent; zero amounts release it. What goes beyond the hold takes what room the limit leaves,
   * and the rest is kept apart as `over`. Does nothing when the hold is not open any more.
   */
  settle(tx: Transaction, hold: Hold, spent: Amounts): Promise<void>
}

export interface PeriodKey {
  readonly budgetId: string
  readonly startsAt: number
}

export interface Hold extends PeriodKey, Amounts {
  readonly tenant: string
  readonly requestId: string
  readonly provenance: Provenance
}

/**
 * Which tenants and keys have a budget at all, from memory: what a request without one pays for budgets. An answer may be
 * a second old, in the process that changed a budget it is never.
 */
export interface BudgetBook {
  /** Undefined when memory does not know. */
  peek(tenant: string, keyId: string | null): boolean | undefined
  load(tenant: string, keyId: string | null): Promise<boolean>
  forget(tenant: string): void
}

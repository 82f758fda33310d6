import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import { estimateTextTokens } from '@parley/kernel/usage.ts'
import type { RequestInput } from '../contract.ts'
import { periodAt } from '../domain/budget-period.ts'
import { type Estimate, estimate } from '../domain/estimate.ts'
import type { Amounts, ApplicableBudget, BudgetBook, BudgetHolds } from './budget-ports.ts'
import type { InputCounter, ResolvedModel } from './ports.ts'

export interface HoldBudgets {
  /**
   * What budgets would have to hold for this input; null when the key and its tenant have none. Memory mostly knows that
   * there are none: then the answer is there at once, without a statement. Counts by calls: not for inside a transaction.
   */
  plan(context: CallContext, input: RequestInput, model: ResolvedModel): Promise<Estimate | null> | null
  /** Holds it of every budget that applies; resolves to whether any does. Throws BUDGET_EXHAUSTED. */
  take(tx: Transaction, context: CallContext, requestId: string, planned: Estimate): Promise<boolean>
  /** Puts what was spent in the place of what was held; of nothing held it does nothing. */
  settle(tx: Transaction, request: { tenant: string; requestId: string }, spent: Amounts): Promise<void>
}

export function createHoldBudgets(ports: { book: BudgetBook; holds: BudgetHolds; counter: InputCounter }): HoldBudgets {
  const { book, holds, counter } = ports

  return {
    plan(context, input, model) {
      const { tenant, keyId } = context.principal
      return book.peek(tenant, keyId) === false ? null : planHeld(context, input, model)
    },

    async take(tx, { principal }, requestId, planned) {
      const { tenant, keyId } = principal
      const budgets = await holds.listApplicable(tx, tenant, keyId)
      const { costMicros, tokens, provenance } = planned
      for (const budget of budgets) {
        const amounts = { micros: costMicros, tokens }
        const startsAt = await holdOne(tx, budget, amounts)
        await holds.note(tx, { ...amounts, tenant, requestId, budgetId: budget.budgetId, startsAt, provenance })
      }
      return budgets.length > 0
    },

    async settle(tx, { tenant, requestId }, spent) {
      for (const hold of await holds.listOpen(tx, tenant, requestId)) await holds.settle(tx, hold, spent)
    },
  }

  async function planHeld(context: CallContext, input: RequestInput, model: ResolvedModel): Promise<Estimate | null> {
    const { tenant, keyId } = context.principal
    if (!(book.peek(tenant, keyId) ?? (await book.load(tenant, keyId)))) return null
    const { instructions, items, sessionId, previousResponseId, options } = input
    const { contextTokensMax } = model
    const counted = { model: model.id, instructions, items, sessionId, previousResponseId, contextTokensMax }
    const { tokens, provenance } = await counter.count(context, counted)
    const { maxOutputTokens, choices = 1, embedding } = options
    const describedTokens = describedTokensOf(options)
    return estimate({
      inputTokens: tokens + describedTokens,
      provenance: describedTokens === 0 ? provenance : 'estimated',
      maxOutputTokens,
      answers: embedding === undefined ? choices : 0,
      model,
    })
  }

  /** Resolves to the start of the period that now holds the amounts. */
  async function holdOne(tx: Transaction, budget: ApplicableBudget, amounts: Amounts): Promise<number> {
    const span = periodAt(budget.period, budget.nowMs)
    if (budget.startsAt === null) await holds.openPeriod(tx, budget, span)
    const key = { budgetId: budget.budgetId, startsAt: span.startsAt }
    if (await holds.hold(tx, key, amounts)) return span.startsAt
    throw exhausted(budget, amounts, await holds.roomOf(tx, key))
  }
}

/** What goes to the model beside the items: tools, a schema, texts that are tokens already. */
function describedTokensOf({ tools, textFormat, embedding }: GenerationOptions): number {
  const ready = embedding?.tokens?.reduce((sum, text) => sum + text.length, 0) ?? 0
  if (tools === undefined && textFormat === undefined) return ready
  return ready + estimateTextTokens(JSON.stringify({ tools, textFormat }))
}

function exhausted(
  { name, budgetId, keyId, period }: ApplicableBudget,
  wanted: Amounts,
  room: { micros: number | null; tokens: number | null },
): AppError {
  const owner = keyId === null ? 'the tenant' : 'this API key'
  const lacks = [
    ...(room.micros !== null && wanted.micros > room.micros
      ? [`${decimal(wanted.micros)} may be needed and ${decimal(room.micros)} is left`]
      : []),
    ...(room.tokens !== null && wanted.tokens > room.tokens
      ? [`${wanted.tokens} tokens may be needed and ${room.tokens} are left`]
      : []),
  ]
  const when = period === 'total' ? '' : ` of this ${period}`
  return new AppError(
    'BUDGET_EXHAUSTED',
    `The budget '${name}' (${budgetId}) of ${owner} has no room for this request${when}: ${lacks.join('; ')}. ` +
      'Ask for fewer output tokens, wait for running requests or the next period, or have the limit raised.',
  )
}

/** Millionths as the decimal number that they are. */
function decimal(micros: number): string {
  const digits = String(micros).padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/0{1,4}$/, '')
}

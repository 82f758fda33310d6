import { costMicrosOf } from '@parley/kernel/price.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { AuditedResponse } from '@parley/response/contract.ts'
import type { AuditedTurn } from '@parley/session/contract.ts'
import type { Exception, ExceptionKind } from '../contract.ts'
import type { BudgetFacts, LedgerFacts, RequestFacts } from './upkeep-ports.ts'

/** What is older than this, by the database's clock, cannot be under way any more. */
export interface Settledness {
  readonly before: number
}

type Found = (kind: ExceptionKind, detail: string) => void

/** One request against its ledger row, its response and its turn; undefined: the neighbour does not know of it. */
export function compareRequest(
  request: RequestFacts,
  others: { response: AuditedResponse | undefined; turn: AuditedTurn | undefined },
  { before }: Settledness,
): Exception[] {
  const { tenant, requestId, ledger } = request
  const exceptions: Exception[] = []
  const found: Found = (kind, detail) => exceptions.push({ kind, tenant, id: requestId, detail })
  if (others.response !== undefined) compareAttempts(others.response, found)
  if (ledger === null) {
    compareUnsettled(request, others.response, { before, found })
  } else {
    compareLedger(request, ledger, { response: others.response, found })
    if (ledger.settledAt <= before) compareTurn(ledger, others.turn, found)
  }
  return exceptions
}

function compareUnsettled(
  { progressAt, responseId }: RequestFacts,
  response: AuditedResponse | undefined,
  { before, found }: Settledness & { found: Found },
): void {
  if (response === undefined) {
    if (progressAt <= before) found('request-lost', `${responseId} is not known to the response service`)
  } else if (response.completedAt !== null && response.completedAt <= before) {
    found('ledger-row-missing', `${responseId} ended as ${response.status} and has no row in the ledger`)
  }
}

function compareLedger(
  { openHolds, chargedMicros, price }: RequestFacts,
  ledger: LedgerFacts,
  { response, found }: { response: AuditedResponse | undefined; found: Found },
): void {
  const { usage, lostUsage, costMicros, lostCostMicros } = ledger
  if (openHolds > 0) found('hold-left', `it has settled, and ${openHolds} of its holds are still open`)
  const priced = usage === null ? 0 : costMicrosOf(usage, price)
  const lostPriced = lostUsage === null ? 0 : costMicrosOf(lostUsage, price)
  if (priced !== costMicros || lostPriced !== lostCostMicros) {
    found('cost-differs', `the ledger has ${costMicros} + ${lostCostMicros}, its usage costs ${priced} + ${lostPriced}`)
  }
  const cost = costMicros + lostCostMicros
  if (chargedMicros !== null && (chargedMicros.min !== cost || chargedMicros.max !== cost)) {
    found('hold-differs', `budgets were charged ${chargedMicros.min} to ${chargedMicros.max}, the ledger has ${cost}`)
  }
  if (response === undefined) return
  if (response.status !== ledger.status) {
    found('ledger-row-differs', `the ledger says ${ledger.status}, the response ${response.status}`)
  } else if (usageText(response.usage) !== usageText(usage) || usageText(response.lostUsage) !== usageText(lostUsage)) {
    found('ledger-row-differs', `the ledger has used ${usageText(usage)}, the response ${usageText(response.usage)}`)
  }
  if (response.attempt !== ledger.attempts) {
    found('attempts-differ', `the ledger counts ${ledger.attempts} attempts, the response ${response.attempt}`)
  }
}

function compareAttempts({ attempt, attemptRows, provider }: AuditedResponse, found: Found): void {
  if (attemptRows !== attempt) found('attempt-missing', `attempt ${attempt} was reached, ${attemptRows} have a row`)
  else if (attempt === 0 && provider !== null) found('attempt-missing', `${provider} answered, and no attempt was made`)
}

function compareTurn({ turn }: LedgerFacts, audited: AuditedTurn | undefined, found: Found): void {
  if (audited === undefined || !audited.hasSession) return
  const isDue = turn === 'owed' || turn === 'appended'
  if (isDue && !audited.isAppended) found('turn-missing', `${audited.sessionId} has not got the turn`)
  if (!isDue && audited.isAppended) found('turn-doubled', `${audited.sessionId} has a turn that it was not to get`)
}

export function compareBudget(facts: BudgetFacts): Exception[] {
  const { tenant, budgetId, limitMicros, limitTokens } = facts
  const exceptions: Exception[] = []
  const found: Found = (kind, detail) => exceptions.push({ kind, tenant, id: budgetId, detail })
  const pairs = [
    ['micros held', facts.heldMicros, facts.sumHeldMicros],
    ['tokens held', facts.heldTokens, facts.sumHeldTokens],
    ['micros spent', facts.spentMicros + facts.overMicros, facts.sumSpentMicros],
    ['tokens spent', facts.spentTokens + facts.overTokens, facts.sumSpentTokens],
  ] as const
  for (const [what, noted, sum] of pairs) {
    if (noted !== sum) found('budget-sum-differs', `${what}: the period has ${noted}, its requests ${sum}`)
  }
  if (limitMicros !== null && facts.spentMicros + facts.heldMicros > limitMicros) {
    found('budget-overspent', `${facts.spentMicros} micros spent and ${facts.heldMicros} held of ${limitMicros}`)
  }
  if (limitTokens !== null && facts.spentTokens + facts.heldTokens > limitTokens) {
    found('budget-overspent', `${facts.spentTokens} tokens spent and ${facts.heldTokens} held of ${limitTokens}`)
  }
  return exceptions
}

function usageText(usage: Usage | null): string {
  if (usage === null) return 'nothing'
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens, provenance } = usage
  return `${inputTokens} (${cachedInputTokens} cached) + ${outputTokens} (${reasoningTokens} reasoning), ${provenance}`
}

import type { Evidence } from '../evidence/evidence.ts'
import { callsAreCapped, callsHaveAttempts, staleIsRefused } from './attempts.ts'
import type { Checker } from './checker.ts'
import { outboxIsEmpty } from './events.ts'
import { secretsStayInside, tenantsAreApart } from './isolation.ts'
import { endsInOrder, worksAgain } from './liveness.ts'
import { ledgerAgrees } from './money.ts'
import { acceptedEnds, noTraceOfRefused, oneEffect, sessionsAreFree } from './requests.ts'
import { clientsAreContent, streamsAgree, transcriptsGrow } from './streams.ts'

export const checkers: readonly Checker[] = [
  acceptedEnds,
  oneEffect,
  sessionsAreFree,
  ledgerAgrees,
  callsHaveAttempts,
  callsAreCapped,
  streamsAgree,
  clientsAreContent,
  transcriptsGrow,
  tenantsAreApart,
  noTraceOfRefused,
  outboxIsEmpty,
  staleIsRefused,
  worksAgain,
  endsInOrder,
  secretsStayInside,
]

export interface Verdict {
  readonly invariant: Checker['invariant']
  readonly says: string
  readonly problems: readonly string[]
}

/** What every checker says of the evidence, in the order of the invariants. */
export function judge(evidence: Evidence): Verdict[] {
  const order = ({ invariant }: Checker) => Number(invariant.slice(1))
  return checkers
    .toSorted((one, other) => order(one) - order(other))
    .map((checker) => ({ invariant: checker.invariant, says: checker.says, problems: checker.check(evidence) }))
}

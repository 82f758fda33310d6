import type { SagaStep } from './request-saga.ts'

/** What a session is owed after the end of a response, and whether it has it. */
export type TurnState = 'none' | 'owed' | 'appended' | 'freed'

/** What rows say of a request: nothing is written twice, so its history is put together from them. */
export interface SagaFacts {
  /** What the reaper did and saw, oldest first. */
  readonly noted: readonly SagaStep[]
  readonly settledAt: number | null
  readonly turn: TurnState
  readonly turnAt: number | null
}

/** The steps of a request in the order of its states. */
export function sagaHistory({ noted, settledAt, turn, turnAt }: SagaFacts): SagaStep[] {
  const steps = [...noted]
  const gaveUp = noted.some(({ event }) => event === 'give-up')
  if (settledAt === null || gaveUp) return steps
  steps.push({ event: turn === 'none' ? 'settle' : 'settle-owing', at: settledAt })
  if (turn === 'appended' || turn === 'freed') {
    steps.push({ event: turn === 'appended' ? 'append' : 'free', at: turnAt ?? settledAt })
  }
  return steps
}

import { judge } from '../checkers/all.ts'
import type { Liveness } from '../evidence/evidence.ts'
import { gatherEvidence, type LoadedRig } from '../evidence/gather.ts'

/** For scenarios that measure liveness themselves, or not at all. */
export const livenessUnmeasured: Liveness = {
  recoveryMs: 0,
  recoveryMaxMs: 0,
  notRecovered: [],
  failuresAfter: [],
  medianBeforeMs: 0,
  medianAfterMs: 0,
}

/** The longest that clients of a scenario try. */
export const scenarioMs = 10 * 60_000

/** Drains and ends the system; resolves to every invariant that is broken, in words. */
export async function problemsAfterDrain(loaded: LoadedRig): Promise<string[]> {
  const verdicts = judge(await gatherEvidence(loaded, livenessUnmeasured))
  return verdicts.flatMap(({ invariant, problems }) => problems.map((problem) => `${invariant}: ${problem}`))
}

import type { Checker } from './checker.ts'

/** A machine that others use too is slower at times, which is no defect. */
const latencyFactorMax = 4
const latencySlackMs = 100

export const worksAgain: Checker = {
  invariant: 'I12',
  says: 'after the last fault everything succeeds again in time, and latency is back',
  check: ({ liveness }) => {
    const { recoveryMs, recoveryMaxMs, notRecovered, failuresAfter, medianBeforeMs, medianAfterMs } = liveness
    const problems = failuresAfter.map((failure) => `after the recovery: ${failure}`)
    if (recoveryMs === null) {
      problems.push(`not everything succeeded again within ${recoveryMaxMs} ms: ${notRecovered.join('; ')}`)
    }
    if (medianAfterMs > latencyFactorMax * medianBeforeMs + latencySlackMs) {
      problems.push(
        `a plain call takes ${medianAfterMs.toFixed(0)} ms; before the faults ${medianBeforeMs.toFixed(0)} ms`,
      )
    }
    return problems
  },
}

export const endsInOrder: Checker = {
  invariant: 'I12',
  says: 'no process ends by itself, and all end in good order when asked to',
  check: ({ badEnds }) => [...badEnds],
}

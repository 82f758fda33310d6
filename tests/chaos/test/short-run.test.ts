import { describe, type TestContext, test } from 'node:test'
import { type FaultKind, type PointPair, planFaults } from '../faults/schedule.ts'
import { createRandom } from '../random.ts'
import { storeAbsence, transportAbsence } from '../rig/backing.ts'
import { type Combination, nameOf } from '../run/combination.ts'
import { problemsOf } from '../run/report.ts'
import { runCombination } from '../run/run-combination.ts'

const seed = 20_261_123
const pairs: readonly PointPair[] = [
  { point: 'after-accept', service: 'request' },
  { point: 'before-settle', service: 'response' },
]
/** The long run, made by hand, has all the others. */
const runs: readonly { combination: Combination; kills: number; kinds: readonly FaultKind[] }[] = [
  { combination: { topology: 'one', store: 'sqlite', transport: 'direct' }, kills: 3, kinds: ['kill', 'point'] },
  {
    combination: { topology: 'extract:response', store: 'postgres', transport: 'kafka' },
    kills: 2,
    kinds: ['point', 'cut'],
  },
]

describe('a few faults under load', { concurrency: 1 }, () => {
  for (const { combination, kills, kinds } of runs) {
    test(`every invariant holds: ${nameOf(combination)}`, async (t: TestContext) => {
      const absence = (await storeAbsence(combination.store)) ?? (await transportAbsence(combination.transport))
      if (absence !== null) {
        t.skip(absence)
        return
      }
      const random = createRandom(seed).fork(nameOf(combination))
      const { topology, store } = combination
      const faults = planFaults({ topology, store, random, kills, kinds, pairs, others: 1 })
      const result = await runCombination({ combination, random, faults, workers: 3, faultsMaxMs: 15_000 })
      t.diagnostic(`seed ${seed}: ${result.kills} kills, ${result.requests} requests`)
      t.assert.ok(result.kills > 0 && result.requests > 0)
      t.assert.deepEqual(problemsOf(result), [])
    })
  }
})

import { describe, type TestContext, test } from 'node:test'
import { allPairs, planFaults } from '../faults/schedule.ts'
import { createRandom } from '../random.ts'
import { storeAbsence, transportAbsence } from '../rig/backing.ts'
import { serviceNames } from '../rig/topology.ts'
import { type Combination, nameOf } from '../run/combination.ts'
import { problemsOf } from '../run/report.ts'
import { runCombination } from '../run/run-combination.ts'

const seed = 20_261_123
const combinations: readonly Combination[] = [
  { topology: 'one', store: 'sqlite', transport: 'direct' },
  { topology: 'split', store: 'sqlite', transport: 'direct' },
  { topology: 'split', store: 'postgres', transport: 'kafka' },
]

describe('a few faults under load', { concurrency: 1 }, () => {
  for (const combination of combinations) {
    test(`every invariant holds: ${nameOf(combination)}`, async (t: TestContext) => {
      const absence = (await storeAbsence(combination.store)) ?? (await transportAbsence(combination.transport))
      if (absence !== null) {
        t.skip(absence)
        return
      }
      const random = createRandom(seed).fork(nameOf(combination))
      const { topology, store } = combination
      const faults = planFaults({
        topology,
        store,
        random,
        kills: 3,
        kinds: ['kill', 'point', 'reset', 'cut'],
        pairs: allPairs(random, serviceNames).slice(0, 2),
      })
      const result = await runCombination({ combination, random, faults, workers: 4, faultsMaxMs: 20_000 })
      t.diagnostic(`seed ${seed}: ${result.kills} kills, ${result.requests} requests`)
      t.assert.ok(result.kills > 0 && result.requests > 0)
      t.assert.deepEqual(problemsOf(result), [])
    })
  }
})

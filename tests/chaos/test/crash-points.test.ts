import { type TestContext, test } from 'node:test'
import { type CrashPoint, crashPointNames } from '../faults/crash-point.ts'
import { Load } from '../load/load.ts'
import { createRandom } from '../random.ts'
import { Rig } from '../rig/rig.ts'
import { makeTenants } from '../run/run-combination.ts'
import { problemsAfterDrain } from '../scenarios/load-only.ts'
import { within } from '../within.ts'

const waitMaxMs = 15_000

test('a process comes to every crash point, waits there, and goes on unharmed', async (t: TestContext) => {
  await using rig = await Rig.start({ topology: 'one', store: 'sqlite', transport: 'direct' })
  const tenants = await makeTenants(rig)
  await using load = new Load({ ...rig.access, tenants, random: createRandom(12), workers: 3 })
  const program = rig.process('all')
  load.start()
  const missed: CrashPoint[] = []
  for (const point of crashPointNames) {
    const { promise: reached, resolve } = Promise.withResolvers<CrashPoint>()
    program.arm(point, resolve)
    if ((await within(reached, waitMaxMs)) !== point) missed.push(point)
    program.arm(null, null)
    program.goOn()
  }
  load.healed(waitMaxMs)
  await load.stop()
  t.assert.deepEqual(missed, [])
  t.assert.deepEqual(await problemsAfterDrain({ rig, load, tenants }), [])
})

import type { LoadedRig } from '../evidence/gather.ts'
import type { Plant } from '../faults/preload-planted.ts'
import { Load } from '../load/load.ts'
import { createRandom } from '../random.ts'
import { Rig } from '../rig/rig.ts'
import type { ChaosTopology } from '../rig/topology.ts'
import { makeTenants } from '../run/run-combination.ts'
import { problemsAfterDrain } from '../scenarios/load-only.ts'

const patienceMs = 10_000

/** Runs `act` against programs of which one promise is broken, or none; resolves to what the checkers say. */
export async function withPlanted(
  { plant, topology }: { plant: Plant | null; topology: ChaosTopology },
  act: (loaded: LoadedRig) => Promise<void>,
): Promise<string[]> {
  await using rig = await Rig.start({
    topology,
    store: 'sqlite',
    transport: 'direct',
    ...(plant !== null && {
      env: { CHAOS_PLANT: plant },
      preloads: ['tests/chaos/faults/preload-planted.ts'],
      // What is broken never comes to rest.
      drainMaxMs: 3_000,
    }),
  })
  const tenants = await makeTenants(rig)
  await using load = new Load({ ...rig.access, tenants, random: createRandom(11), workers: 0 })
  load.healed(patienceMs)
  await act({ rig, load, tenants })
  return await problemsAfterDrain({ rig, load, tenants })
}

import { canTrace } from '../faults/inject.ts'
import {
  allPairs,
  type FaultKind,
  isKilling,
  type PlannedFault,
  type PointPair,
  planFaults,
} from '../faults/schedule.ts'
import { createRandom } from '../random.ts'
import { chaosTopologies, hasOwnProcess, serviceNames } from '../rig/topology.ts'
import { type Combination, nameOf, storeKinds, transportKinds } from './combination.ts'

export interface PlanOptions {
  readonly seed: number
  /** In this system. */
  readonly kills: number
  readonly kinds: readonly FaultKind[]
  /** How many faults that kill nothing; null for as many as there are kinds, and a fourth of the kills. */
  readonly others: number | null
  /** The pairs of a point and a service to kill there; null when the system has its turn of all. */
  readonly pairs: readonly PointPair[] | null
}

/**
 * What goes wrong in one system: it depends on the seed, the system and these numbers alone, whatever else the run has.
 * Pairs of a point and a service go round over the systems, so that a run over all of them with kills enough has each.
 */
export function planRun(combination: Combination, { seed, kills, kinds, others, pairs }: PlanOptions): PlannedFault[] {
  const possible = kinds.filter((kind) => kind !== 'fsync' || (canTrace() && combination.store === 'sqlite'))
  return planFaults({
    topology: combination.topology,
    store: combination.store,
    random: createRandom(seed).fork(`faults ${nameOf(combination)}`),
    kills,
    kinds: others === null ? possible : [...possible.filter(isKilling), ...someOf(possible, combination, others)],
    pairs: pairs ?? pairsOf(combination, seed, pointsOf(kills, possible)),
    others,
  })
}

/**
 * A system in which pairs that are left can be met, with those of them: each service that they name has a process of its
 * own there. The `turn` goes round the systems, since one may not come to a point in which another does.
 */
export function planPairs(
  combinations: readonly Combination[],
  left: readonly PointPair[],
  turn: number,
): { combination: Combination; pairs: PointPair[] } | null {
  const able = combinations
    .map((combination) => ({
      combination,
      pairs: left.filter(({ service }) => hasOwnProcess(combination.topology, service)),
    }))
    .filter(({ pairs }) => pairs.length > 0)
  const most = Math.max(...able.map(({ pairs }) => pairs.length))
  const best = able.filter(({ pairs }) => pairs.length === most)
  return best[turn % best.length] ?? null
}

const pointShare = 0.3

/** Kills at a point take longest: as many as it needs for each pair to have its turn in a long run. */
function pointsOf(kills: number, kinds: readonly FaultKind[]): number {
  if (!kinds.includes('point')) return 0
  return kinds.filter(isKilling).length === 1 ? kills : Math.ceil(kills * pointShare)
}

/** Pairs that can be told apart here: the service has a process of its own. */
function pairsOf(combination: Combination, seed: number, count: number): PointPair[] {
  const all = allPairs(createRandom(seed).fork('pairs'), serviceNames)
  const own = all.filter(({ service }) => hasOwnProcess(combination.topology, service))
  const pairs = own.length === 0 ? all : own
  const first = placeOf(combination) * count
  return Array.from({ length: count }, (_, index) => pairs[(first + index) % pairs.length]).filter(
    (pair) => pair !== undefined,
  )
}

/** Kinds that kill nothing, another few in each system. */
function someOf(kinds: readonly FaultKind[], combination: Combination, count: number): FaultKind[] {
  const gentle = kinds.filter((kind) => !isKilling(kind))
  const first = placeOf(combination) * count
  const some = Array.from({ length: count }, (_, index) => gentle[(first + index) % gentle.length])
  return [...new Set(some.filter((kind) => kind !== undefined))]
}

/** Which one it is of all systems that there are. */
function placeOf({ topology, store, transport }: Combination): number {
  const backing = storeKinds.indexOf(store) * transportKinds.length + transportKinds.indexOf(transport)
  return chaosTopologies.indexOf(topology) * storeKinds.length * transportKinds.length + backing
}

import type { FaultKind } from '../faults/schedule.ts'
import { type StoreKind, storeKinds, type TransportKind, transportKinds } from '../rig/backing.ts'
import type { ChaosTopology } from '../rig/topology.ts'

export { storeKinds, transportKinds }

/** One system under faults. */
export interface Combination {
  readonly topology: ChaosTopology
  readonly store: StoreKind
  readonly transport: TransportKind
}

export function nameOf({ topology, store, transport }: Combination): string {
  return `${topology} · ${store} · ${transport}`
}

export const defaultFaults: readonly FaultKind[] = ['kill', 'point', 'stop', 'term', 'cut', 'hold', 'slow', 'reset']

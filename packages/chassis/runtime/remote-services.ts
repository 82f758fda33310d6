import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Contract } from '../contract/define-contract.ts'
import type { InternalAuth } from '../contract/internal-auth.ts'
import { type DiscoveryOptions, keepDiscovering } from '../discovery/discover-instances.ts'
import { InstanceSet } from '../discovery/instance-set.ts'
import { type ServiceAddress, shownAddress } from '../discovery/service-address.ts'
import { RemotePeer } from '../placement/remote-peer.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import { realClock } from './real-clock.ts'
import { systemTimers } from './system-timers.ts'

export interface RemoteServicesOptions {
  readonly placements: readonly Placement[]
  readonly contracts: readonly Contract[]
  /** Throws where no call to another process can be made. */
  readonly auth: () => InternalAuth
  readonly discovery: DiscoveryOptions
  readonly log: Logger
}

const siblingsMax = 64
/** Short where there are other instances to go to; a lone one is given all the time that a call has. */
const connectTimeoutMs = 2_000

/** The services in other processes that this one calls, with the instances of each. */
export class RemoteServices implements AsyncDisposable {
  readonly #options: RemoteServicesOptions
  readonly #caller: string
  readonly #sets = new Map<string, { set: InstanceSet; address: ServiceAddress }>()
  /** Other instances of services of this process, by service and address. */
  readonly #siblings = new LRUCache<string, InstanceSet>({
    max: siblingsMax,
    dispose: (set) => void set[Symbol.asyncDispose](),
  })
  readonly #stops: (() => void)[] = []

  constructor(options: RemoteServicesOptions) {
    this.#options = options
    const { placements, contracts } = options
    this.#caller = placements.find(({ placement }) => placement === 'local')?.service ?? 'none'
    for (const row of placements) {
      const contract = contracts.find(({ name }) => name === row.service)
      if (row.placement !== 'remote' || contract === undefined) continue
      const set = this.#createSet(contract, this.#caller, row.address)
      this.#sets.set(row.service, { set, address: row.address })
      // Those that are named are there from the beginning, so that a first call need not wait for anything.
      if (row.address.by === 'urls') set.update(row.address.origins)
    }
  }

  get sets(): readonly InstanceSet[] {
    return [...this.#sets.values()].map(({ set }) => set)
  }

  /** Undefined for a service that is not in another process. */
  find(service: string): InstanceSet | undefined {
    return this.#sets.get(service)?.set
  }

  /** Another instance of a service that this process hosts too. */
  sibling(contract: Contract, url: string): InstanceSet {
    const name = `${contract.name} ${url}`
    let set = this.#siblings.get(name)
    if (set === undefined) {
      const { origin } = new URL(url)
      set = this.#createSet(contract, contract.name, { by: 'urls', origins: [origin] })
      set.update([origin])
      this.#siblings.set(name, set)
    }
    return set
  }

  /** Looks for instances from now on, and compares contracts with them. */
  start(): void {
    for (const { set, address } of this.#sets.values()) {
      set.start()
      this.#stops.push(keepDiscovering(set, address, { ...this.#options.discovery, timers: systemTimers }))
    }
  }

  notReady(): string[] {
    return this.sets.flatMap((set) => set.notReady())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop()
    for (const set of [...this.sets, ...this.#siblings.values()]) await set[Symbol.asyncDispose]()
  }

  #createSet(contract: Contract, caller: string, address: ServiceAddress): InstanceSet {
    const { auth, log } = this.#options
    const isAlone = address.by === 'urls' && address.origins.length === 1
    return new InstanceSet({
      service: contract.name,
      address: shownAddress(address),
      peerAt: (origin, onChecked) =>
        new RemotePeer({
          contract,
          url: new URL(origin),
          auth: auth(),
          caller,
          log,
          onChecked,
          ...(!isAlone && { connectTimeoutMs }),
        }),
      clock: realClock,
      timers: systemTimers,
      log,
      random: Math.random,
    })
  }
}

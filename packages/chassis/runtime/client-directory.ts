import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { CallScope } from '../contract/call-scope.ts'
import type { CallsOf, Contract } from '../contract/define-contract.ts'
import { unavailable } from '../contract/failures.ts'
import type { FaultInjector } from '../contract/faults.ts'
import type { InternalAuth } from '../contract/internal-auth.ts'
import { createLocalClient } from '../contract/local-client.ts'
import { createRemoteClient } from '../contract/remote-client.ts'
import { type DeliveryContract, deliveryContract } from '../events/delivery-contract.ts'
import { createDirectTransport } from '../events/direct-transport.ts'
import type { Inbox } from '../events/inbox.ts'
import type { EventTransport } from '../events/transport.ts'
import { RemotePeer } from '../placement/remote-peer.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import type { HostedService } from './host-service.ts'
import { newId } from './real-clock.ts'

export interface ClientDirectoryOptions {
  placements: readonly Placement[]
  contracts: readonly Contract[]
  auth: InternalAuth | null
  strict: boolean
  faults: FaultInjector | null
  log: Logger
}

/** A delivery is bounded by its call; the relay is the one that repeats it, so it is never the outermost caller. */
const deliveryDepth = 1
const deliveryDeadlineMs = 10_000
const siblingsMax = 64

/** Where each service is, turned into clients: the one place that knows local from remote. */
export class ClientDirectory implements AsyncDisposable {
  readonly #options: ClientDirectoryOptions
  readonly #local = new Map<string, HostedService>()
  readonly #peers = new Map<string, RemotePeer>()
  /** Other instances of services of this process, by service and address. */
  readonly #siblings = new LRUCache<string, RemotePeer>({
    max: siblingsMax,
    dispose: (peer) => void peer[Symbol.asyncDispose](),
  })

  constructor(options: ClientDirectoryOptions) {
    this.#options = options
    const caller = options.placements.find(({ placement }) => placement === 'local')?.service ?? 'none'
    for (const row of options.placements) {
      const contract = options.contracts.find(({ name }) => name === row.service)
      if (row.placement !== 'remote' || contract === undefined) continue
      const { log } = options
      this.#peers.set(row.service, new RemotePeer({ contract, url: row.url, auth: this.auth, caller, log }))
    }
  }

  /** Only processes that are part of a split system have one. */
  get auth(): InternalAuth {
    if (this.#options.auth === null) throw new Error('calls to other processes need PARLEY_INTERNAL_SECRET')
    return this.#options.auth
  }

  /** Makes a service of this process reachable; clients made earlier find it too. */
  register(hosted: HostedService): void {
    this.#local.set(hosted.contract.name, hosted)
  }

  clientOf<C extends Contract>(contract: C, caller: string): CallsOf<C> {
    return this.#client(contract, caller, (hosted) => hosted.instance.calls as CallsOf<C>)
  }

  /** Another instance of a service that this process hosts too. */
  clientAt<C extends Contract>(contract: C, url: string): CallsOf<C> {
    const name = `${contract.name} ${url}`
    let peer = this.#siblings.get(name)
    if (peer === undefined) {
      const { log } = this.#options
      peer = new RemotePeer({ contract, url: new URL(url), auth: this.auth, caller: contract.name, log })
      this.#siblings.set(name, peer)
    }
    return this.#remoteClient(contract, contract.name, peer)
  }

  /** Carries events of `publisher` straight to the inboxes of their subscribers. */
  transportFor(publisher: string): EventTransport {
    const clients = new Map<string, CallsOf<DeliveryContract>>()
    return createDirectTransport((subscriber) => {
      let client = clients.get(subscriber)
      if (client === undefined) {
        client = this.#client(deliveryContract(subscriber), publisher, ({ inbox }) => {
          if (inbox === null) throw unavailable(subscriber)
          return ClientDirectory.deliveryCalls(inbox)
        })
        clients.set(subscriber, client)
      }
      const { deliver } = client
      return async (events) => {
        const scope = deliveryScope()
        try {
          return (await deliver(scope, { events })).results
        } finally {
          scope.close()
        }
      }
    })
  }

  static deliveryCalls(inbox: Inbox): CallsOf<DeliveryContract> {
    return { deliver: async (_context, { events }) => ({ results: await inbox.receive(events) }) }
  }

  start(): void {
    for (const peer of this.#peers.values()) peer.start()
  }

  notReady(): string[] {
    return [...this.#peers.values()].flatMap((peer) => peer.notReady())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of [...this.#peers.values(), ...this.#siblings.values()]) await peer[Symbol.asyncDispose]()
  }

  #client<C extends Contract>(contract: C, caller: string, pick: (hosted: HostedService) => CallsOf<C>): CallsOf<C> {
    const { strict, faults } = this.#options
    const peer = this.#peers.get(contract.name)
    if (peer !== undefined) return this.#remoteClient(contract, caller, peer)
    const implementation = () => {
      const hosted = this.#local.get(contract.name)
      if (hosted === undefined) throw unavailable(contract.name)
      return pick(hosted)
    }
    return createLocalClient({ contract, implementation, strict, faults })
  }

  #remoteClient<C extends Contract>(contract: C, caller: string, peer: RemotePeer): CallsOf<C> {
    const assertCompatible = () => peer.assertCompatible()
    return createRemoteClient({ contract, caller, pool: peer.pool, auth: this.auth, assertCompatible })
  }
}

function deliveryScope(): CallScope {
  const requestId = newId('req')
  return CallScope.root({
    principal: { tenant: 'parley', keyId: null, scopes: [] },
    requestId,
    correlationId: requestId,
    causationId: null,
    traceparent: null,
    depth: deliveryDepth,
    deadlineMs: deliveryDeadlineMs,
  })
}

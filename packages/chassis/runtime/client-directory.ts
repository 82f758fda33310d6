import type { Logger } from 'pino'
import { CallScope } from '../contract/call-scope.ts'
import type { CallsOf, Contract } from '../contract/define-contract.ts'
import { unavailable } from '../contract/failures.ts'
import type { FaultInjector } from '../contract/faults.ts'
import type { InternalAuth } from '../contract/internal-auth.ts'
import { createLocalClient } from '../contract/local-client.ts'
import { createRemoteClient } from '../contract/remote-client.ts'
import type { DiscoveryOptions } from '../discovery/discover-instances.ts'
import type { InstanceSet } from '../discovery/instance-set.ts'
import { type DeliveryContract, deliveryContract } from '../events/delivery-contract.ts'
import { createDirectTransport } from '../events/direct-transport.ts'
import type { Inbox } from '../events/inbox.ts'
import type { EventTransport } from '../events/transport.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import { type CallLog, createCallLog } from '../telemetry/log-calls.ts'
import type { CallMetrics } from '../telemetry/metrics/call-metrics.ts'
import type { Tracing } from '../telemetry/tracing/tracer.ts'
import type { HostedService } from './host-service.ts'
import { newId } from './real-clock.ts'
import { RemoteServices } from './remote-services.ts'

export interface ClientDirectoryOptions {
  placements: readonly Placement[]
  contracts: readonly Contract[]
  auth: InternalAuth | null
  discovery: DiscoveryOptions
  strict: boolean
  faults: FaultInjector | null
  log: Logger
  /** Says nothing of whose line it is, so that each service can. */
  rootLog: Logger
  metrics: CallMetrics
  /** Null when nothing is traced. */
  tracing?: Tracing | null
}

/** A delivery is bounded by its call; the relay is the one that repeats it, so it is never the outermost caller. */
const deliveryDepth = 1
const deliveryDeadlineMs = 10_000

/** Where each service is, turned into clients: the one place that knows local from remote. */
export class ClientDirectory implements AsyncDisposable {
  readonly #options: ClientDirectoryOptions
  readonly #local = new Map<string, HostedService>()
  readonly #remote: RemoteServices

  constructor(options: ClientDirectoryOptions) {
    this.#options = options
    this.#remote = new RemoteServices({ ...options, auth: () => this.auth })
  }

  /** The instances of each service in other processes. */
  get instanceSets(): readonly InstanceSet[] {
    return this.#remote.sets
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
    return this.#remoteClient(contract, contract.name, this.#remote.sibling(contract, url))
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
    this.#remote.start()
  }

  notReady(): string[] {
    return this.#remote.notReady()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remote[Symbol.asyncDispose]()
  }

  #client<C extends Contract>(contract: C, caller: string, pick: (hosted: HostedService) => CallsOf<C>): CallsOf<C> {
    const { strict, faults, metrics, tracing = null } = this.#options
    const callee = this.#remote.find(contract.name)
    if (callee !== undefined) return this.#remoteClient(contract, caller, callee)
    const implementation = () => {
      const hosted = this.#local.get(contract.name)
      if (hosted === undefined) throw unavailable(contract.name)
      return pick(hosted)
    }
    const tracers =
      tracing === null ? null : { caller: tracing.tracerOf(caller), callee: tracing.tracerOf(contract.name) }
    const log = this.#callLogOf(contract.name)
    return createLocalClient({ contract, implementation, strict, faults, metrics, tracers, log })
  }

  #callLogOf(service: string): CallLog {
    return createCallLog(this.#options.rootLog.child({ 'service.name': service }), 'debug')
  }

  #remoteClient<C extends Contract>(contract: C, caller: string, callee: InstanceSet): CallsOf<C> {
    const { metrics, tracing } = this.#options
    const tracer = tracing?.tracerOf(caller) ?? null
    return createRemoteClient({ contract, caller, callee, auth: this.auth, metrics, tracer })
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

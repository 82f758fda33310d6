import type { Logger } from 'pino'
import { CallScope } from '../contract/call-scope.ts'
import type { Contract } from '../contract/define-contract.ts'
import type { Envelope } from '../events/envelope.ts'
import { eventFields } from '../events/event-fields.ts'
import type { ServiceEventMetrics } from '../events/event-metrics.ts'
import { describeHandling, placeOfEvent } from '../events/event-spans.ts'
import { createInbox, type Inbox } from '../events/inbox.ts'
import { createOutbox } from '../events/outbox.ts'
import type { EventPublisher } from '../events/publisher.ts'
import { createRelay, type Relay } from '../events/relay.ts'
import type { EventTransport } from '../events/transport.ts'
import type { Durability, Store } from '../store/store.ts'
import type { ProcessMetrics } from '../telemetry/metrics/process-metrics.ts'
import type { Tracer } from '../telemetry/tracing/tracer.ts'
import type { Principal } from '../values/context.ts'
import type { AnyService, ServiceInstance, ServiceKit, Siblings, Topology } from './define-service.ts'
import { openServiceStore } from './open-service-store.ts'
import { newId, realClock } from './real-clock.ts'

/** One service as it runs in this process, with the parts of the chassis that are its own. */
export interface HostedService {
  readonly contract: Contract
  readonly instance: ServiceInstance<Contract>
  readonly store: Store<unknown> | null
  readonly relay: Relay | null
  readonly inbox: Inbox | null
}

export interface HostOptions {
  service: AnyService
  config: unknown
  contracts: readonly Contract[]
  /** With the password of the moment; null for a service without a database. */
  storeUrl: () => string | null
  durability: Durability
  connectionsMax: number
  outboxKeysMax: number
  /** A client for any contract, local or remote. */
  clientOf: (contract: Contract, caller: string) => unknown
  siblings: Siblings | null
  transport: EventTransport
  /** To whom the transport hands events of a type. */
  subscribersOf: (type: string) => readonly string[]
  strict: boolean
  log: Logger
  metrics: ProcessMetrics
  /** Null when nothing is traced. */
  tracer: Tracer | null
  topology: Topology
}

/** Opens the service's store, gives it its clients and its events, and makes it. Nothing runs until it is started. */
export async function hostService(options: HostOptions): Promise<HostedService> {
  const { service, contracts, metrics, topology, strict, tracer } = options
  const { contract } = service
  const log = options.log.child({ 'service.name': contract.name })
  const store = await openOwnStore(options)
  const eventMetrics = metrics.events.of(contract.name)
  const parts = store === null ? null : createEvents({ ...options, store, log, eventMetrics })
  const clients = Object.fromEntries(
    Object.entries(service.needs as Record<string, Contract>).map(([name, needed]) => [
      name,
      options.clientOf(needed, contract.name),
    ]),
  )
  const kit: ServiceKit<unknown, unknown, Record<string, Contract>> = {
    config: options.config,
    store: store ?? absent('a database', contract.name),
    events: parts?.events ?? absent('events', contract.name),
    clients: clients as never,
    siblings: options.siblings,
    backgroundContext: backgroundContextOf(tracer),
    clock: realClock,
    newId,
    log,
    metrics: metrics.registry,
    tracer,
    topology,
  }
  const instance = (await service.create(kit)) as ServiceInstance<Contract>
  const subscriptions = instance.subscriptions ?? []
  const missing = contract.subscribes.filter((type: string) => !subscriptions.some((s) => s.type === type))
  if (missing.length > 0)
    throw new Error(`${contract.name} does not handle ${missing.join(', ')}, to which it subscribes`)
  const inbox =
    store === null || subscriptions.length === 0
      ? null
      : createInbox({
          store,
          consumer: contract.name,
          events: eventsOf(contracts),
          subscriptions,
          contextFor: contextForOf(tracer, contract.name),
          log,
          strict,
          onHandled: (envelope, result) => {
            eventMetrics.handled(envelope, result)
            if (log.isLevelEnabled('debug')) log.debug({ ...eventFields(envelope), ...result }, 'event handled')
          },
        })
  return { contract, instance, store, relay: parts?.relay ?? null, inbox }
}

function eventsOf(contracts: readonly Contract[]) {
  return contracts.flatMap(({ events }) => Object.values(events))
}

async function openOwnStore(options: HostOptions): Promise<Store<unknown> | null> {
  const { storeUrl, service, metrics } = options
  const url = storeUrl()
  if (url === null) return null
  const onCommit = metrics.commits.of(service.contract.name)
  return openServiceStore({ ...options, url, currentUrl: () => storeUrl() ?? url, onCommit })
}

interface EventParts extends HostOptions {
  store: Store<unknown>
  eventMetrics: ServiceEventMetrics
}

function createEvents(options: EventParts): { events: EventPublisher; relay: Relay } {
  const { store, service, transport, subscribersOf, log, strict, eventMetrics, tracer, outboxKeysMax } = options
  const source = service.contract.name
  const relay = createRelay({
    store,
    subscribersOf,
    transport,
    clock: realClock,
    log,
    limits: { keysMax: outboxKeysMax },
  })
  const events = createOutbox({
    store,
    source,
    newId,
    clock: realClock,
    strict,
    tracer,
    onCommitted: (envelope: Envelope) => {
      eventMetrics.published(envelope)
      relay.offer(envelope)
    },
    isFull: () => relay.isFull(),
    // The embedded store shares commits anyway, and each statement there is time that everyone waits for.
    ...(store.dialect === 'postgres' && { tidy: (tx) => relay.removeWithin(tx) }),
  })
  return { events, relay }
}

/** Long enough for a handler's own transaction; longer work goes into a row and is done afterwards. */
const eventDeadlineMs = 10_000

function contextForOf(tracer: Tracer | null, consumer: string): (envelope: Envelope) => CallScope {
  return (envelope) => {
    const place = placeOfEvent(envelope)
    return CallScope.root({
      principal: onBehalfOf(envelope.tenant),
      requestId: envelope.id,
      correlationId: envelope.correlationid,
      causationId: envelope.id,
      ...place,
      span: tracer?.start(place, describeHandling(envelope, consumer)) ?? null,
      depth: 0,
      deadlineMs: eventDeadlineMs,
    })
  }
}

type BackgroundContext = ServiceKit<unknown, unknown, Record<string, Contract>>['backgroundContext']

function backgroundContextOf(tracer: Tracer | null): BackgroundContext {
  return ({ tenant, deadlineMs, cause, span }) => {
    const requestId = newId('req')
    return CallScope.root({
      principal: onBehalfOf(tenant),
      requestId,
      correlationId: cause?.correlationId ?? requestId,
      causationId: cause?.causationId ?? null,
      traceparent: cause?.traceparent ?? null,
      tracestate: cause?.tracestate ?? null,
      span:
        cause === undefined || span === undefined
          ? null
          : (tracer?.start(cause, { name: span, kind: 'internal' }) ?? null),
      depth: 0,
      deadlineMs,
    })
  }
}

function onBehalfOf(tenant: string): Principal {
  return { tenant, keyId: null, scopes: [] }
}

/** Stands in for a part that a stateless service does not have; using it is a programming error. */
function absent<T extends object>(part: string, service: string): T {
  return new Proxy({} as T, {
    get() {
      throw new Error(`the ${service} service is stateless and has no ${part}`)
    },
  })
}

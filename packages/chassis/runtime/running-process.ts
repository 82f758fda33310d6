import { type AddressInfo, Server as TcpServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { InternalAuth } from '../contract/internal-auth.ts'
import { serveContract } from '../contract/serve-contract.ts'
import { deliveryContract } from '../events/delivery-contract.ts'
import type { KafkaSettings } from '../events/kafka/kafka-settings.ts'
import { idleConnectionMs } from '../placement/remote-peer.ts'
import type { Placement } from '../placement/resolve-placement.ts'
import { createCallLog, processName } from '../telemetry/log-calls.ts'
import type { ProcessMetrics } from '../telemetry/metrics/process-metrics.ts'
import type { Tracing } from '../telemetry/tracing/tracer.ts'
import { ClientDirectory } from './client-directory.ts'
import type { HostedService } from './host-service.ts'
import { InternalTraffic } from './internal-traffic.ts'
import { createInternalApp, createPublicApp } from './listeners.ts'
import type { LiveConfig } from './live-config.ts'
import type { ProcessEvents } from './open-events.ts'
import type { ProcessConfig } from './process-config.ts'
import { pruneInboxes } from './prune-inboxes.ts'
import { newId } from './real-clock.ts'

/** A running process of the system. */
export interface RunningProcess extends AsyncDisposable {
  readonly publicUrl: string | null
  readonly internalUrl: string | null
  readonly placements: readonly Placement[]
  /** Null when events go straight to their subscribers. */
  readonly kafka: KafkaSettings | null
  readonly log: Logger
  readonly hosted: readonly HostedService[]
  /** Why it should get no traffic, in words; none means ready. */
  notReady(): readonly string[]
  /** Reads the configuration's files again and takes them into use, or refuses them and says so in the log. */
  reload(): Promise<void>
  /** Stops taking work, finishes what is under way within the drain time, and closes. */
  stop(): Promise<void>
}

/** starting → running → stopping. Listens, serves what it hosts, and ends in an order that loses nothing. */
export class HostedProcess implements RunningProcess {
  readonly hosted: HostedService[] = []
  readonly log: Logger
  /** Says nothing of whose line it is, so that each service can. */
  readonly #rootLog: Logger
  /** Set before it is started. */
  live: LiveConfig | null = null
  readonly #config: ProcessConfig
  readonly #directory: ClientDirectory
  readonly #events: ProcessEvents
  readonly #metrics: ProcessMetrics
  readonly #tracing: Tracing | null
  readonly #traffic = new InternalTraffic()
  #publicApp: FastifyInstance | null = null
  #internalApp: FastifyInstance | null = null
  #state: 'starting' | 'running' | 'stopping' = 'starting'
  #stopPruning: () => void = () => {}

  constructor(
    config: ProcessConfig,
    directory: ClientDirectory,
    events: ProcessEvents,
    log: Logger,
    metrics: ProcessMetrics,
    tracing: Tracing | null,
  ) {
    this.#tracing = tracing
    this.#config = config
    this.#directory = directory
    this.#events = events
    this.#rootLog = log
    const hosted = config.placements.filter(({ placement }) => placement === 'local')
    this.log = log.child({ 'service.name': processName(hosted.map(({ service }) => service)) })
    this.#metrics = metrics
  }

  get placements(): readonly Placement[] {
    return this.#config.placements
  }

  get kafka(): KafkaSettings | null {
    return this.#config.kafka
  }

  get publicUrl(): string | null {
    return urlOf(this.#publicApp)
  }

  get internalUrl(): string | null {
    return urlOf(this.#internalApp)
  }

  host(hosted: HostedService): void {
    this.hosted.push(hosted)
    this.#directory.register(hosted)
  }

  notReady(): readonly string[] {
    if (this.#state === 'starting') return ['it is starting']
    if (this.#state === 'stopping') return ['it is stopping']
    return [...this.#directory.notReady(), ...this.hosted.flatMap(reasonsOf)]
  }

  /** Listens first, so that services of other processes reach this one while it takes up what was left to do. */
  async start(): Promise<void> {
    await this.#listen()
    this.#directory.start()
    for (const { relay } of this.hosted) await relay?.start()
    this.#stopPruning = pruneInboxes(this.hosted, this.log)
    for (const { instance } of this.hosted) await instance.start?.()
    await this.#events.subscribe(this.hosted)
    await this.live?.start()
    this.#state = 'running'
  }

  async reload(): Promise<void> {
    await this.live?.reload()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopping') return
    this.#state = 'stopping'
    this.#traffic.leave()
    const signal = AbortSignal.timeout(this.#config.drainTimeoutMs)
    // Closing at once would cut off requests that are on their way over idle connections.
    if (this.#publicApp !== null) await delay(lameDuckMs)
    else await this.#untilQuiet()
    // New connections are refused from here on; those that exist finish what they are doing.
    const closing = this.#publicApp?.close()
    // Without clients of its own, a process leaves the events that come from now on to the other replicas.
    if (this.#publicApp === null) await this.#events.closeIntake()
    for (const { instance } of this.hosted) await instance.drain?.(signal)
    for (const { relay } of this.hosted) await relay?.drain(signal)
    await closeWithin(closing, this.#publicApp, signal)
    await this.#events.closeIntake()
    await this.#leaveCallers(signal)
    await this.#release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'stopping') return
    this.#state = 'stopping'
    this.#publicApp?.server.closeAllConnections()
    this.#internalApp?.server.closeAllConnections()
    await Promise.all([this.#publicApp?.close(), this.#internalApp?.close()])
    await this.#release()
  }

  /** Whoever calls may be stopping as well and need an answer for that: it is served a little longer. */
  async #untilQuiet(): Promise<void> {
    const endsAtMs = performance.now() + lingerMs
    while (this.#traffic.quietForMs() < quietMs && performance.now() < endsAtMs) await delay(idleSweepMs)
  }

  /** Takes no new connection; those that exist are left to their callers, who close them as they fall idle. */
  async #leaveCallers(signal: AbortSignal): Promise<void> {
    if (this.#internalApp === null) return
    this.#traffic.close()
    // The HTTP server's own close would cut idle connections too, on which calls may be on their way.
    const { server } = this.#internalApp
    const closed = new Promise((resolve) => TcpServer.prototype.close.call(server, resolve))
    await Promise.race([closed, delay(idleConnectionMs + idleSweepMs)])
    await closeWithin(this.#internalApp.close(), this.#internalApp, signal)
  }

  async #release(): Promise<void> {
    this.live?.[Symbol.dispose]()
    this.#stopPruning()
    await this.#events.closeIntake()
    for (const { instance } of this.hosted) await instance.close?.()
    for (const { relay } of this.hosted) await relay?.close()
    await this.#events.close()
    await this.#directory[Symbol.asyncDispose]()
    for (const { store } of this.hosted) await store?.[Symbol.asyncDispose]()
    await this.#tracing?.close()
    this.log.flush()
  }

  async #listen(): Promise<void> {
    const { host, publicPort, internalPort } = this.#config
    const health = {
      notReady: () => this.notReady(),
      configStatus: () => this.live?.status ?? null,
      metrics: this.#metrics.registry,
    }
    if (internalPort !== null) {
      this.#internalApp = createInternalApp(health)
      this.#traffic.watch(this.#internalApp)
      this.#serveServices(this.#internalApp, this.#directory.auth)
      await this.#internalApp.listen({ host, port: internalPort })
    }
    const routes = this.hosted.find(({ instance }) => instance.publicRoutes !== undefined)?.instance.publicRoutes
    if (publicPort !== null && routes !== undefined) {
      const isStopping = () => this.#state === 'stopping'
      this.#publicApp = await createPublicApp(health, routes, isStopping)
      await this.#publicApp.listen({ host, port: publicPort })
    }
  }

  #serveServices(app: FastifyInstance, auth: InternalAuth): void {
    for (const { contract, instance, inbox } of this.hosted) {
      const log = this.#rootLog.child({ 'service.name': contract.name })
      const served = {
        auth,
        metrics: this.#metrics.calls,
        tracer: this.#tracing?.tracerOf(contract.name) ?? null,
        newRequestId: () => newId('req'),
        onInternalError: (err: unknown, call: string) => log.error({ err, 'event.action': call }, 'call failed'),
      }
      const callLog = createCallLog(log, 'info')
      serveContract(app, { ...served, contract, calls: instance.calls as never, log: callLog })
      if (inbox !== null) {
        const calls = ClientDirectory.deliveryCalls(inbox)
        serveContract(app, { ...served, contract: deliveryContract(contract.name), calls, handshake: false })
      }
    }
  }
}

function reasonsOf({ contract, instance, store }: HostedService): readonly string[] {
  const failure = isMissed(instance, store) ? (store?.failure() ?? null) : null
  return [...(failure === null ? [] : [`the store of ${contract.name} ${failure}`]), ...(instance.notReady?.() ?? [])]
}

/** A server comes back by itself; a file that failed does not. */
function isMissed({ goesOnWithoutStore = false }: HostedService['instance'], store: HostedService['store']): boolean {
  return !goesOnWithoutStore || store?.dialect !== 'postgres'
}

const idleSweepMs = 50
/** How long a process without clients of its own goes on as before while it is still called, and what counts as not. */
const lingerMs = 5_000
const quietMs = 1_000
/** How long a stopping process still answers on kept-alive connections, asking clients to let go of them. */
const lameDuckMs = 500

/**
 * Closes connections as they fall idle, since clients would keep them for long and closing waits for all; cuts those
 * that are still busy when the drain time is over.
 */
async function closeWithin(closing: Promise<unknown> | undefined, app: FastifyInstance | null, signal: AbortSignal) {
  const cut = () => app?.server.closeAllConnections()
  const sweep = setInterval(() => app?.server.closeIdleConnections(), idleSweepMs)
  if (signal.aborted) cut()
  signal.addEventListener('abort', cut, { once: true })
  await closing
  clearInterval(sweep)
  signal.removeEventListener('abort', cut)
}

function urlOf(app: FastifyInstance | null): string | null {
  const address = app?.server.address() as AddressInfo | null | undefined
  if (address === null || address === undefined) return null
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}

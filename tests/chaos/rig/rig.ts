import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type SimulatedUpstream, startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { findFreePorts } from '../../harness/free-ports.ts'
import {
  openStoreBacking,
  openTransportBacking,
  type StoreBacking,
  type StoreKind,
  type TransportBacking,
  type TransportKind,
} from './backing.ts'
import { ChaosProxy } from './chaos-proxy.ts'
import { type OwnEnd, SupervisedProcess } from './supervised-process.ts'
import { type ChaosTopology, type PlannedProcess, planTopology, portsPerTopology } from './topology.ts'

export interface RigOptions {
  readonly topology: ChaosTopology
  readonly store: StoreKind
  readonly transport: TransportKind
  readonly env?: Readonly<Record<string, string>>
  /** Further modules loaded into every program, from the folder of the repository. */
  readonly preloads?: readonly string[]
  /** How long to wait for everything to come to rest before it is judged. */
  readonly drainMaxMs?: number
  /**
   * Without breakable ways between the processes. A proxy takes a connection before it knows that nothing listens behind
   * it, so that nobody can tell whether a call arrived; the system itself refuses at once, and nothing was sent.
   */
  readonly isDirect?: boolean
}

/** Secrets of one rig: none may ever be seen outside. */
export interface RigSecrets {
  readonly presetKey: string
  readonly upstreamKey: string
  readonly internal: string
}

/** The shortest that there is: how long work of a stopped process waits to be taken over. */
export const leaseMs = 3_000
export const attemptsMax = 3

/** The names of the ways to the provider and to a database server among the proxies. */
export const upstreamLink = 'upstream'
export const databaseLink = 'database'

const metricsMs = 10_000
const crashPointPreload = 'tests/chaos/faults/preload-crash-points.ts'

/** The real programs, supervised, with breakable ways between them and a provider that keeps a log. */
export class Rig implements AsyncDisposable {
  readonly url: string
  readonly processes: ReadonlyMap<string, SupervisedProcess>
  /** By the name of the process that they lead to, and `upstream`. */
  readonly proxies: ReadonlyMap<string, ChaosProxy>
  readonly upstream: SimulatedUpstream
  readonly secrets: RigSecrets
  readonly store: StoreBacking
  readonly drainMaxMs: number
  readonly #folder: string
  readonly #transport: TransportBacking

  private constructor(parts: RigParts) {
    this.url = `http://127.0.0.1:${parts.publicPort}`
    this.processes = parts.processes
    this.proxies = parts.proxies
    this.upstream = parts.upstream
    this.secrets = parts.secrets
    this.store = parts.store
    this.drainMaxMs = parts.drainMaxMs
    this.#folder = parts.folder
    this.#transport = parts.transport
  }

  static async start(options: RigOptions): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-chaos-'))
    const secrets = {
      presetKey: `preset-key-${randomUUID()}`,
      upstreamKey: `upstream-key-${randomUUID()}`,
      internal: `internal-${randomUUID()}${randomUUID()}`,
    }
    const upstream = await startSimulatedUpstream({ requestsKeptMax: 1_000_000 })
    const store = await openStoreBacking(options.store, folder)
    const transport = await openTransportBacking(options.transport)
    const basePort = await findFreePorts(portsPerTopology)
    const { planned, proxies } = await connectAll(options, basePort, {
      [upstreamLink]: Number(new URL(upstream.url).port),
      ...(store.serverPort !== null && { [databaseLink]: store.serverPort }),
    })
    const env = {
      ...baseEnv(secrets, proxies),
      ...store.env(proxies.get(databaseLink)?.port ?? null),
      ...transport.env,
      ...options.env,
    }
    await writeFile(join(folder, 'parley.config.ts'), 'export default {}\n')
    const processes = new Map(
      planned.map((each) => {
        const preloads = [crashPointPreload, ...(options.preloads ?? [])]
        const logPath = join(folder, `${each.name}.log`)
        return [each.name, new SupervisedProcess({ planned: each, cwd: folder, env, preloads, logPath })]
      }),
    )
    const { drainMaxMs = 30_000 } = options
    const rig = new Rig({
      publicPort: basePort,
      processes,
      proxies,
      upstream,
      secrets,
      store,
      drainMaxMs,
      transport,
      folder,
    })
    for (const supervised of processes.values()) supervised.start()
    try {
      await rig.untilReady()
    } catch (error) {
      await rig[Symbol.asyncDispose]()
      throw error
    }
    return rig
  }

  /** Where clients go, and with what they make keys. */
  get access(): { url: string; administratorKey: string } {
    return { url: this.url, administratorKey: this.secrets.presetKey }
  }

  get ownEnds(): OwnEnd[] {
    return [...this.processes.values()].flatMap(({ ownEnds }) => ownEnds)
  }

  process(name: string): SupervisedProcess {
    const found = this.processes.get(name)
    if (found === undefined) throw new Error(`there is no process ${name}`)
    return found
  }

  async untilReady(): Promise<void> {
    await Promise.all([...this.processes.values()].map((supervised) => supervised.untilReady()))
  }

  /** Takes every fault away that lasts. */
  heal(): void {
    for (const proxy of this.proxies.values()) proxy.setMode({ kind: 'open' })
    for (const supervised of this.processes.values()) {
      supervised.arm(null, null)
      supervised.goOn()
      supervised.signal('SIGCONT')
    }
  }

  /** What `/metrics` of every process says. */
  async metrics(): Promise<string> {
    const texts = [...this.processes.values()].map(async ({ healthUrl }) =>
      (await fetch(`${healthUrl}/metrics`, { signal: AbortSignal.timeout(metricsMs) })).text(),
    )
    return (await Promise.all(texts)).join('\n')
  }

  /** Ends all processes in good order. Resolves to those that did not end so. */
  async stop(): Promise<OwnEnd[]> {
    const ends = await Promise.all([...this.processes.values()].map((supervised) => supervised.stop()))
    return ends.filter((end) => end !== null && (end.code !== 0 || end.signal !== null)) as OwnEnd[]
  }

  /** What all processes have written, by process. */
  async logs(): Promise<Map<string, string>> {
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith('.log'))
    const texts = files.map(async (file): Promise<[string, string]> => {
      return [file, await readFile(join(this.#folder, file), 'utf8')]
    })
    return new Map(await Promise.all(texts))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const supervised of this.processes.values()) supervised.abandon()
    for (const proxy of this.proxies.values()) await proxy[Symbol.asyncDispose]()
    await this.upstream.close()
    await this.store[Symbol.asyncDispose]()
    await this.#transport[Symbol.asyncDispose]()
    // Files of a killed process may appear until the kernel has taken it away.
    await delay(50)
    if (process.env.CHAOS_KEEP === undefined) await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 })
    else process.stderr.write(`kept ${this.#folder}\n`)
  }
}

interface RigParts {
  publicPort: number
  processes: ReadonlyMap<string, SupervisedProcess>
  proxies: ReadonlyMap<string, ChaosProxy>
  upstream: SimulatedUpstream
  secrets: RigSecrets
  store: StoreBacking
  drainMaxMs: number
  transport: TransportBacking
  folder: string
}

/** Plans the processes and puts a proxy in front of each that is called, and of each server that they call. */
async function connectAll(
  { topology, isDirect = false }: RigOptions,
  basePort: number,
  servers: Readonly<Record<string, number>>,
) {
  const names: string[] = []
  const proxyPortOf = (name: string) => {
    if (!names.includes(name)) names.push(name)
    return basePort + portsPerTopology - 1 - names.indexOf(name)
  }
  const planDirect = () => {
    const { processes } = planTopology(topology, { basePort, proxyPortOf: () => basePort })
    return planTopology(topology, { basePort, proxyPortOf: (name) => portOf(processes, name) })
  }
  const { processes: planned } = isDirect ? planDirect() : planTopology(topology, { basePort, proxyPortOf })
  const proxies = new Map<string, ChaosProxy>()
  for (const name of names) {
    proxies.set(name, await ChaosProxy.start(proxyPortOf(name), portOf(planned, name)))
  }
  for (const [name, port] of Object.entries(servers)) {
    proxies.set(name, await ChaosProxy.start(proxyPortOf(name), port))
  }
  return { planned, proxies }
}

function portOf(planned: readonly PlannedProcess[], name: string): number {
  const port = planned.find((each) => each.name === name)?.internalPort ?? null
  if (port === null) throw new Error(`${name} cannot be called from outside`)
  return port
}

function baseEnv(secrets: RigSecrets, proxies: ReadonlyMap<string, ChaosProxy>): Record<string, string> {
  return {
    PARLEY_API_KEY: secrets.presetKey,
    PARLEY_INTERNAL_SECRET: secrets.internal,
    OPENAI_BASE_URL: `http://127.0.0.1:${proxies.get(upstreamLink)?.port}/v1`,
    OPENAI_API_KEY: secrets.upstreamKey,
    OPENAI_MODEL: 'default-model',
    GPT_CONNECT_TIMEOUT_MS: '1000',
    GPT_IDLE_TIMEOUT_MS: '3000',
    GPT_FIRST_TOKEN_TIMEOUT_MS: '5000',
    RESPONSE_LEASE_MS: String(leaseMs),
    RESPONSE_ATTEMPTS_MAX: String(attemptsMax),
    DRAIN_TIMEOUT_MS: '10000',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
  }
}

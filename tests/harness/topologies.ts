import { contracts } from '@parley/catalog/contracts.ts'
import type { ParleyConfigFile } from '@parley/chassis/config/config-file.ts'
import type { FaultInjector } from '@parley/chassis/contract/faults.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { startProcess } from '@parley/chassis/runtime/start-process.ts'
import { services } from '../../apps/all-in-one/services.ts'
import { findFreePorts } from './free-ports.ts'
import { SpawnedProgram } from './spawned-program.ts'
import { type ServiceName, serviceNames, type Topology } from './system.ts'

export interface PlaceOptions {
  /** The working folder of all processes; `parley.config.ts` is in it. */
  folder: string
  configFile: ParleyConfigFile
  faults: FaultInjector | null
  env: Readonly<Record<string, string>>
}

/** Running processes that together are one system. */
export interface Placed {
  readonly url: string
  readonly pids: readonly number[]
  output(): string
  stop(): Promise<void>
}

/** Starts the processes of a topology; resolves once all are ready. Leaves none behind when one cannot start. */
export type Place = (topology: Topology, options: PlaceOptions) => Promise<Placed>

/** Starts the programs of this checkout. */
export const place: Place = (topology, options) => {
  switch (topology) {
    case 'one-process-strict':
      return placeStrict(options)
    case 'one-process':
      return placeOneProcess(options)
    case 'split':
      return placeSplit(options)
    default:
      return placeExtracted(serviceOf(topology), options)
  }
}

/** In the test's own process, local calls strict. */
async function placeStrict({ configFile, faults, env }: PlaceOptions): Promise<Placed> {
  const lines: string[] = []
  const running = await startProcess({
    services,
    contracts,
    env: { ...env, PORT: '0' },
    configFile,
    overrides: {
      strictLocal: true,
      logStream: { write: (line) => void lines.push(line) },
      ...(faults !== null && { faults }),
    },
  })
  return {
    url: running.publicUrl ?? '',
    pids: [process.pid],
    output: () => lines.join(''),
    stop: () => running.stop(),
  }
}

async function placeOneProcess({ folder, env }: PlaceOptions): Promise<Placed> {
  const port = await findFreePorts(1)
  const main = 'apps/all-in-one/main.ts'
  const program = new SpawnedProgram({ main, cwd: folder, env: { ...env, PORT: String(port) } })
  return untilPlaced([{ program, port }], port)
}

/** The split program starts and ends its processes itself. */
async function placeSplit({ folder, env }: PlaceOptions): Promise<Placed> {
  const port = await findFreePorts(serviceNames.length + 1)
  const program = new SpawnedProgram({ main: 'apps/split/main.ts', cwd: folder, env: { ...env, PORT: String(port) } })
  const ports = serviceNames.map((_, index) => port + index)
  return untilPlaced(
    ports.map((each) => ({ program, port: each })),
    port,
  )
}

/** One service by its own program, the others by the program that has all. */
async function placeExtracted(alone: ServiceName, { folder, env }: PlaceOptions): Promise<Placed> {
  const publicPort = await findFreePorts(3)
  const restPort = publicPort + 1
  const alonePort = publicPort + 2
  const rest = serviceNames.filter((name) => name !== alone)
  const publicPortOf = (names: readonly ServiceName[]) =>
    names.includes('gateway') ? { PORT: String(publicPort) } : undefined
  const programs = [
    {
      port: restPort,
      program: new SpawnedProgram({
        main: 'apps/all-in-one/main.ts',
        cwd: folder,
        env: {
          ...env,
          ...publicPortOf(rest),
          SERVICES: rest.join(),
          INTERNAL_PORT: String(restPort),
          [urlVariable(alone)]: `http://127.0.0.1:${alonePort}`,
        },
      }),
    },
    {
      port: alonePort,
      program: new SpawnedProgram({
        main: `services/${alone}/main.ts`,
        cwd: folder,
        env: {
          ...env,
          ...publicPortOf([alone]),
          INTERNAL_PORT: String(alonePort),
          ...Object.fromEntries(rest.map((name) => [urlVariable(name), `http://127.0.0.1:${restPort}`])),
        },
      }),
    },
  ]
  return untilPlaced(programs, publicPort)
}

async function untilPlaced(
  parts: readonly { program: SpawnedProgram; port: number }[],
  publicPort: number,
): Promise<Placed> {
  const programs = [...new Set(parts.map(({ program }) => program))]
  try {
    await Promise.all(parts.map(({ program, port }) => program.untilReady(`http://127.0.0.1:${port}`)))
  } catch (error) {
    for (const program of programs) program.killGroup()
    throw error
  }
  return {
    url: `http://127.0.0.1:${publicPort}`,
    pids: programs.map(({ pid }) => pid),
    output: () => programs.map(({ standardOutput, standardError }) => standardOutput + standardError).join(''),
    stop: () => stopAll(programs),
  }
}

/** The process with the public port was started last or first; all get the signal at once, as an operator would do. */
async function stopAll(programs: readonly SpawnedProgram[]): Promise<void> {
  const ends = await Promise.all(programs.map((program) => program.stop()))
  const bad = ends.findIndex(({ code }) => code !== 0)
  if (bad === -1) return
  const { standardError } = programs[bad] ?? { standardError: '' }
  throw new Error(`a process ended with ${JSON.stringify(ends[bad])}\n${standardError.slice(-4_000)}`)
}

function serviceOf(topology: Topology): ServiceName {
  const found = serviceNames.find((name) => topology === `extracted-${name}`)
  if (found === undefined) throw new Error(`there is no topology ${topology}`)
  return found
}

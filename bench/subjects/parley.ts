import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { API_KEY, HOST, SUBJECT_CORE } from '../settings.ts'
import { freePorts } from './ports.ts'
import { REPOSITORY } from './repository.ts'
import { spawnPinned } from './spawn-pinned.ts'
import { type Bed, type RunningSubject, type Subject, type SubjectName, untilAnswering } from './subject.ts'

/** The split program takes the ports after its own, one for each service and one more for the gateway. */
const PORTS = 8

/** All services in one process, with keys, durable acceptance and ledger as they are by default. */
export const parley: Subject = {
  name: 'parley',
  title: 'Parley',
  start: (bed) => startParley({ bed, name: 'parley', program: 'apps/all-in-one/main.ts' }),
}

/** Every service a process of its own; all of them share the one core. */
export const parleySplit: Subject = {
  name: 'parley-split',
  title: 'Parley split',
  start: (bed) => startParley({ bed, name: 'parley-split', program: 'apps/split/main.ts' }),
}

export interface StartParleyOptions {
  readonly bed: Bed
  readonly name: SubjectName
  readonly program: string
  /** The folder it starts in, where it looks for `parley.config.ts`; an empty one by default. */
  readonly cwd?: string
  /** Settings on top of those that all have. */
  readonly env?: Readonly<Record<string, string>>
}

export async function startParley({ bed, name, program, cwd, env }: StartParleyOptions): Promise<RunningSubject> {
  const port = await freePorts(PORTS)
  const folder = cwd ?? join(bed.folder, name)
  await mkdir(folder, { recursive: true })
  const child = spawnPinned({
    name,
    command: process.execPath,
    args: [join(REPOSITORY, program)],
    cores: String(SUBJECT_CORE),
    cwd: folder,
    env: { ...parleyEnvironment({ port, data: join(folder, 'data') }), ...upstreamEnvironment(bed), ...env },
    logs: bed.folder,
  })
  return untilAnswering(
    {
      name,
      origin: `http://${HOST}:${port}`,
      path: '/v1/chat/completions',
      headers: {},
      pids: child.pids,
      stop: child.stop,
    },
    child,
  )
}

/** Nothing is switched off: a limit that no run reaches has the limiter count every request. */
export function parleyEnvironment({ port, data }: { port: number; data: string }): Record<string, string> {
  return {
    NODE_ENV: 'production',
    HOST,
    PORT: String(port),
    PARLEY_DATA: data,
    PARLEY_API_KEY: API_KEY,
    GATEWAY_REQUESTS_PER_MINUTE: '1000000',
  }
}

function upstreamEnvironment({ upstreamOrigin }: Bed): Record<string, string> {
  return { OPENAI_BASE_URL: `${upstreamOrigin}/v1`, OPENAI_API_KEY: 'bench-upstream-key' }
}

import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readCompose } from './rendered.ts'

const execute = promisify(execFile)
const bufferBytesMax = 64 * 1024 * 1024

/** What runs Compose files on this machine. */
export interface ComposeEngine {
  /** Its command and what that begins with. */
  readonly command: readonly [string, ...string[]]
  readonly runner: 'docker' | 'podman'
}

/** Docker Compose where its engine answers, else podman-compose; or why the files of a topology cannot be run here. */
export async function findComposeEngine(topology: string): Promise<ComposeEngine | { readonly missing: string }> {
  if (process.env['PARLEY_TEST_COMPOSE'] !== '1') {
    return { missing: 'it takes some minutes and containers of its own: PARLEY_TEST_COMPOSE=1 runs it' }
  }
  const engine = await findEngine()
  if ('missing' in engine) return engine
  const images = Object.values(readCompose(topology).services).map(({ image }) => withoutVariables(image))
  const absent = await Promise.all(
    images.map(async (image) => ((await works(engine.runner, ['image', 'inspect', image])) ? [] : [image])),
  )
  if (absent.flat().length === 0) return engine
  return { missing: `there is no image ${absent.flat().join(', ')}: npm run images -- build, and pull the others` }
}

async function findEngine(): Promise<ComposeEngine | { readonly missing: string }> {
  const hasDocker = (await works('docker', ['version'])) && (await works('docker', ['compose', 'version']))
  if (hasDocker) return { command: ['docker', 'compose'], runner: 'docker' }
  const hasPodman = (await works('podman', ['--version'])) && (await works('podman-compose', ['--version']))
  if (hasPodman) return { command: ['podman-compose'], runner: 'podman' }
  return {
    missing:
      'there is neither Docker Compose nor podman-compose (with podman, runc, netavark, aardvark-dns, catatonit)',
  }
}

/** What a value is when nobody sets its variables. */
function withoutVariables(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
}

/** Variables with which the engine of this machine works: Podman without systemd needs to be told so. */
export async function engineVariables({ runner }: ComposeEngine, folder: string): Promise<Record<string, string>> {
  if (runner === 'docker' || existsSync('/run/systemd/system')) return {}
  const file = path.join(folder, 'containers.conf')
  await writeFile(
    file,
    `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`,
  )
  return { CONTAINERS_CONF: file }
}

export interface ComposeProject {
  readonly engine: ComposeEngine
  readonly files: readonly string[]
  readonly name: string
  readonly env: Readonly<Record<string, string>>
}

/** Rejects with what was said when the command fails. */
export async function compose(project: ComposeProject, ...args: readonly string[]): Promise<string> {
  const [command, ...before] = project.engine.command
  const settings = { env: { ...process.env, ...project.env }, maxBuffer: bufferBytesMax }
  const { stdout, stderr } = await execute(command, [...before, ...projectArguments(project), ...args], settings)
  return stdout + stderr
}

const healthyTimeoutMs = 300_000
const pollMs = 500

/**
 * Brings a project up; resolves once everything is healthy. Podman before 5 neither waits for what is to be healthy nor,
 * without systemd, asks whether it is: there it is done here, in the order that the file asks for.
 */
export async function bringUp(project: ComposeProject, topology: string): Promise<void> {
  if (project.engine.runner === 'docker') return void (await compose(project, 'up', '--detach', '--wait'))
  const { services } = readCompose(topology)
  const waiting = new Set(Object.keys(services))
  while (waiting.size > 0) {
    const next = [...waiting].filter((name) =>
      Object.keys(services[name].depends_on ?? {}).every((other) => !waiting.has(other)),
    )
    if (next.length === 0) throw new Error(`these wait for each other: ${[...waiting].join(', ')}`)
    for (const name of next) await compose(project, 'up', '--detach', '--no-deps', name)
    await Promise.all(next.map((name) => untilHealthy(project, name)))
    for (const name of next) waiting.delete(name)
  }
}

async function untilHealthy({ name: project, env }: ComposeProject, service: string): Promise<void> {
  const endsAtMs = performance.now() + healthyTimeoutMs
  while (performance.now() < endsAtMs) {
    if (await works('podman', ['healthcheck', 'run', `${project}_${service}_1`], env)) return
    await delay(pollMs)
  }
  throw new Error(`${service} was not healthy after ${healthyTimeoutMs} ms`)
}

/** Hands on what all containers write, as they write it. Resolves to how to stop that. */
export function followLogs(project: ComposeProject, onText: (text: string) => void): () => void {
  const [command, ...before] = project.engine.command
  const child = spawn(command, [...before, ...projectArguments(project), 'logs', '--follow'], {
    env: { ...process.env, ...project.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', onText)
  return () => child.kill()
}

function projectArguments({ files, name }: ComposeProject): string[] {
  return ['--project-name', name, ...files.flatMap((file) => ['--file', file])]
}

function works(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<boolean> {
  return execute(command, [...args], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  )
}

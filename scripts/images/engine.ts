import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Programs of this machine that make images and containers. */
export interface Engine {
  /** Makes images. */
  readonly builder: 'docker' | 'podman' | 'buildah'
  /** Runs them; null where only buildah is. */
  readonly runner: 'docker' | 'podman' | null
}

/** Docker where its engine answers, else Podman, else Buildah; or why there is none of them. */
export async function findEngine(): Promise<Engine | { readonly missing: string }> {
  if (process.platform !== 'linux')
    return { missing: 'images are tried on Linux only, where containers share the network' }
  if (await works('docker', 'version')) return { builder: 'docker', runner: 'docker' }
  const hasPodman = await works('podman', '--version')
  // Podman builds in containers of its own, which not every machine allows; Buildah can do with a change of root.
  if (await works('buildah', '--version')) return { builder: 'buildah', runner: hasPodman ? 'podman' : null }
  if (hasPodman) return { builder: 'podman', runner: 'podman' }
  return {
    missing: 'there is neither a Docker engine nor Podman nor Buildah (Debian: apt-get install buildah podman runc)',
  }
}

/** What a command that builds begins with. */
export function buildArguments(builder: Engine['builder']): string[] {
  if (builder === 'docker') return ['build']
  // The other format of images has no health check.
  return ['build', '--format=docker', '--isolation=chroot', '--network=host']
}

/** What a command that runs a container begins with: without a network of its own, so that all is on 127.0.0.1. */
export function runArguments(runner: NonNullable<Engine['runner']>): string[] {
  if (runner === 'docker') return ['run', '--network=host']
  const hasSystemd = existsSync('/run/systemd/system')
  return [
    ...(hasSystemd ? [] : ['--cgroup-manager=cgroupfs']),
    'run',
    '--network=host',
    // It is systemd that would ask for the container's health.
    ...(hasSystemd ? [] : ['--no-healthcheck']),
    ...limitArguments(),
  ]
}

/** Podman asks for higher limits than a machine may allow; these are far above what a container needs. */
function limitArguments(): string[] {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const wanted = { nofile: { line: 'Max open files', max: 16_384 }, nproc: { line: 'Max processes', max: 4_096 } }
  return Object.entries(wanted).map(([name, { line, max }]) => {
    const allowed = Number(new RegExp(`^${line} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1] ?? max)
    return `--ulimit=${name}=${Math.min(allowed, max)}`
  })
}

function works(command: string, argument: string): Promise<boolean> {
  return execute(command, [argument]).then(
    () => true,
    () => false,
  )
}

import { execFileSync } from 'node:child_process'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { LOAD_CORE, SUBJECT_CORE } from '../settings.ts'

export function describeMachine(): Record<string, string | number> {
  const processors = cpus()
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.version,
  }
}

/** Moves this process to the load core. Throws, in words, on a machine that cannot be divided as the benchmark needs. */
export function takeLoadCore(): void {
  const needed = Math.max(LOAD_CORE, SUBJECT_CORE) + 1
  if (platform() !== 'linux' || cpus().length < needed) {
    throw new Error(`the benchmark needs Linux with at least ${needed} cores: one for the subject, one for the load`)
  }
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(LOAD_CORE), String(process.pid)], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error('the benchmark pins processes to cores with `taskset` (package util-linux), which failed', {
      cause,
    })
  }
}

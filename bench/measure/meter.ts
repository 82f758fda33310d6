import { readFileSync } from 'node:fs'
import { LOAD_CORE, SUBJECT_CORE } from '../settings.ts'
import { cpuMs } from './processes.ts'

export interface MeterOptions {
  /** All processes of the subject. */
  readonly subjectPids: readonly number[]
  /** The upstream and the load generator. */
  readonly loadPids: readonly number[]
}

export interface Reading {
  readonly wallMs: number
  readonly subjectCpuMs: number
  /** Share of a core that the subject used: near 1 when the subject is what limits the throughput. */
  readonly subjectShare: number
  /** Share of the load core used by upstream and load generator: near 1 when they are what limits it. */
  readonly loadShare: number
  /** Share of the two cores' time that went to processes which are no part of the benchmark, or was stolen by the host. */
  readonly foreignShare: number
}

/** Starts to measure; the function returned stops and reads. */
export function startMeter({ subjectPids, loadPids }: MeterOptions): () => Reading {
  const others = loadPids.filter((pid) => !subjectPids.includes(pid))
  const start = performance.now()
  const subjectBefore = cpuMs(subjectPids)
  const loadBefore = cpuMs(others)
  const coresBefore = coresBusyMs()
  return () => {
    const wallMs = performance.now() - start
    const subjectCpuMs = cpuMs(subjectPids) - subjectBefore
    const loadCpuMs = cpuMs(others) - loadBefore
    const foreignMs = coresBusyMs() - coresBefore - subjectCpuMs - loadCpuMs
    return {
      wallMs,
      subjectCpuMs,
      subjectShare: subjectCpuMs / wallMs,
      loadShare: loadCpuMs / wallMs,
      foreignShare: Math.max(0, foreignMs) / (2 * wallMs),
    }
  }
}

/** Time in which the two cores did anything at all (user, nice, system, interrupts, stolen). */
function coresBusyMs(): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  let ticks = 0
  for (const core of [SUBJECT_CORE, LOAD_CORE]) {
    const fields =
      lines
        .find((line) => line.startsWith(`cpu${core} `))
        ?.split(' ')
        .map(Number) ?? []
    for (const field of [1, 2, 3, 6, 7, 8]) ticks += fields[field] ?? 0
  }
  return ticks * 10
}

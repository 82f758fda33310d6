import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs, residentBytes } from '../measure/processes.ts'
import type { RunningSubject } from '../subjects/subject.ts'

/** What a subject takes whether it is used or not. */
export interface Footprint {
  readonly idleBytes: number
  /** Share of a core that it uses without a request. */
  readonly idleCpuShare: number
  /** After the load; null when there was none. */
  readonly loadedBytes: number | null
}

/** To be called once the subject has given its first answer, and before there is load. */
export async function measureIdle(subject: RunningSubject, forMs: number): Promise<Footprint> {
  // What is left to do after a start is not idling yet.
  await delay(forMs / 2)
  const before = cpuMs(subject.pids())
  await delay(forMs)
  const pids = subject.pids()
  return { idleBytes: residentBytes(pids), idleCpuShare: (cpuMs(pids) - before) / forMs, loadedBytes: null }
}

export function withLoaded(footprint: Footprint, subject: RunningSubject): Footprint {
  return { ...footprint, loadedBytes: residentBytes(subject.pids()) }
}

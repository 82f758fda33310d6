import { cpuMs, processTree, residentBytes } from '../../../bench/measure/processes.ts'

export interface Usage {
  readonly cpuSeconds: number
  readonly residentMegabytes: number
  readonly residentMegabytesMax: number
}

const sampleMs = 1_000

/** Measures a program and all that it started, on this machine; the function that it returns stops and reads. */
export function startMeter(pid: number): () => Usage {
  const pids = processTree(pid)
  const before = cpuMs(pids)
  let max = residentBytes(pids)
  const timer = setInterval(() => {
    max = Math.max(max, residentBytes(pids))
  }, sampleMs)
  return () => {
    clearInterval(timer)
    const resident = residentBytes(pids)
    return {
      cpuSeconds: (cpuMs(pids) - before) / 1_000,
      residentMegabytes: toMegabytes(resident),
      residentMegabytesMax: toMegabytes(Math.max(max, resident)),
    }
  }
}

export function toMegabytes(bytes: number): number {
  return bytes / 1024 / 1024
}

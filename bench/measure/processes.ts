import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** USER_HZ, the unit of the times in /proc: 100 on every Linux that Node supports. */
const MS_PER_TICK = 10

/** A process and all that descend from it. */
export function processTree(rootPid: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    const parent = Number(statFields(pid)?.[1])
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [rootPid]
  for (let next = 0; next < tree.length; next += 1) tree.push(...(children.get(tree[next] ?? 0) ?? []))
  return tree
}

/** User and system time used so far by these processes. */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = statFields(pid)
    if (fields !== null) ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * MS_PER_TICK
}

/** Resident memory of these processes in bytes; pages that they share are counted once for each. */
export function residentBytes(pids: readonly number[]): number {
  let bytes = 0
  for (const pid of pids) {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1]
    bytes += Number(kilobytes ?? 0) * 1024
  }
  return bytes
}

/** Asks these processes to end, waits, and ends by force what is still there after `graceMs`. */
export async function endProcesses(pids: readonly number[], { graceMs }: { graceMs: number }): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGTERM')
  const until = performance.now() + graceMs
  while (pids.some(isRunning) && performance.now() < until) await delay(20)
  for (const pid of pids.filter(isRunning)) signal(pid, 'SIGKILL')
}

/** The fields of /proc/<pid>/stat that follow the command's name, from the state on; null when the process is gone. */
function statFields(pid: number): string[] | null {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function isRunning(pid: number): boolean {
  const state = statFields(pid)?.[0]
  return state !== undefined && state !== 'Z'
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return null
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endProcesses, processTree } from '../measure/processes.ts'

export interface PinnedOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** As `taskset -c` takes it: `0`, `0,1`. */
  readonly cores: string
  readonly cwd: string
  /** On top of the benchmark's own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** A folder for the output of the process. */
  readonly logs: string
}

export interface PinnedProcess {
  /** The process and its descendants, as they are now. */
  pids(): number[]
  exited(): boolean
  /** All that it has written so far. */
  output(): string
  stop(): Promise<void>
}

const STOP_GRACE_MS = 5_000
const running = new Set<ChildProcess>()

/** Whatever happens to the benchmark, no process of it stays behind. */
process.once('exit', () => {
  for (const child of running) for (const pid of childTree(child).reverse()) tryKill(pid)
})

export function spawnPinned(options: PinnedOptions): PinnedProcess {
  const path = join(options.logs, `${options.name}.log`)
  const log = openSync(path, 'a')
  const child = spawn('taskset', ['-c', options.cores, options.command, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
  })
  running.add(child)
  let failure: Error | null = null
  child.once('error', (error) => {
    failure = error
  })
  child.once('exit', () => running.delete(child))
  const exited = () => failure !== null || child.exitCode !== null || child.signalCode !== null
  return {
    pids: () => childTree(child),
    exited,
    output: () => (existsSync(path) ? readFileSync(path, 'utf8') : ''),
    stop: () => endProcesses(childTree(child).reverse(), { graceMs: STOP_GRACE_MS }),
  }
}

function childTree(child: ChildProcess): number[] {
  return child.pid === undefined ? [] : processTree(child.pid)
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone, which is what was wanted.
  }
}

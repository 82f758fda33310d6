import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { programEnv } from '@parley/testkit/program-env.ts'
import { repositoryFolder } from '../../harness/spawned-program.ts'
import { type ArmPoint, type CrashPoint, goOnByte, pointDescriptor } from '../faults/crash-point.ts'
import type { PlannedProcess } from './topology.ts'

export interface SupervisedOptions {
  readonly planned: PlannedProcess
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Modules loaded before the program, from the folder of the repository. */
  readonly preloads: readonly string[]
  readonly logPath: string
}

/** How a process ended that nobody had ended. */
export interface OwnEnd {
  readonly process: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const restartDelayMs = 50
const pollMs = 20
const lastWordsChars = 2_000
const readyTimeoutMs = 90_000
const stopTimeoutMs = 20_000

/** Children that live; none outlives this process, however it ends. */
const live = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})

/** A program that is started again whenever it ends, as an orchestrator would do. */
export class SupervisedProcess {
  readonly planned: PlannedProcess
  /** Ends that this rig did not cause: each is a defect. */
  readonly ownEnds: OwnEnd[] = []
  starts = 0
  readonly #options: SupervisedOptions
  readonly #log: WriteStream
  #child: ChildProcess | null = null
  #isStopping = false
  /** A signal was sent that ends it. */
  #isEndExpected = false
  #onPoint: ((point: CrashPoint) => void) | null = null

  constructor(options: SupervisedOptions) {
    this.#options = options
    this.planned = options.planned
    this.#log = createWriteStream(options.logPath, { flags: 'a' })
  }

  get name(): string {
    return this.planned.name
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Where its health is asked for. */
  get healthUrl(): string {
    return `http://127.0.0.1:${this.planned.internalPort ?? this.planned.publicPort}`
  }

  start(): void {
    const { planned, cwd, env, preloads } = this.#options
    const imports = preloads.flatMap((path) => ['--import', `${repositoryFolder}${path}`])
    const child = spawn(process.execPath, [...imports, `${repositoryFolder}${planned.main}`], {
      cwd,
      env: programEnv({ ...env, ...planned.env }),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#isEndExpected = false
    this.starts += 1
    live.add(child)
    child.stdout?.on('data', (chunk: Buffer) => this.#log.write(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#log.write(chunk))
    this.#pointChannel(child)?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n')) if (line !== '') this.#onPoint?.(line as CrashPoint)
    })
    for (const stream of [child, ...child.stdio]) stream?.on('error', () => {})
    child.once('exit', (code, signal) => this.#ended(child, code, signal))
  }

  /** Sends a signal; after one that ends it, the program is started again. False when there is nothing to send it to. */
  signal(signal: NodeJS.Signals): boolean {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return false
    if (signal === 'SIGKILL' || signal === 'SIGTERM') this.#isEndExpected = true
    return child.kill(signal)
  }

  /** It was asked to end and has not: that is a defect. */
  killHung(): void {
    this.#isEndExpected = false
    this.#child?.kill('SIGKILL')
  }

  /** The next end is no defect: something else is about to kill it. */
  expectEnd(): void {
    this.#isEndExpected = true
  }

  /** Makes the program wait at a point when it comes there; null takes that back. */
  arm(point: CrashPoint | null, onReached: ((point: CrashPoint) => void) | null): void {
    this.#onPoint = onReached
    const message: ArmPoint = { arm: point }
    if (this.#child?.connected === true) this.#child.send(message, () => {})
  }

  /** Lets a program go on that waits at a point. */
  goOn(): void {
    if (this.#child !== null) this.#pointChannel(this.#child)?.write(Buffer.from([goOnByte]))
  }

  /** Resolves to the program's process once there is one. */
  async untilAlive(): Promise<number> {
    while (this.#child?.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) {
      await delay(pollMs)
    }
    return this.#child.pid
  }

  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.healthUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })
      await answer.text()
      return answer.ok
    } catch {
      return false
    }
  }

  async untilReady(): Promise<void> {
    const endsAtMs = performance.now() + readyTimeoutMs
    while (!(await this.isReady())) {
      if (performance.now() > endsAtMs) throw new Error(`${this.name} was not ready:\n${this.#lastWords()}`)
      await delay(pollMs)
    }
  }

  /** Ends it in good order and for good. Resolves to how it ended. */
  async stop(): Promise<OwnEnd | null> {
    this.#isStopping = true
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return null
    const ended = new Promise<OwnEnd>((resolve) => {
      child.once('exit', (code, signal) => resolve({ process: this.name, code, signal }))
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    child.kill('SIGTERM')
    const end = await ended
    clearTimeout(timer)
    return end
  }

  /** Ends it at once and for good. */
  abandon(): void {
    this.#isStopping = true
    this.#child?.kill('SIGKILL')
  }

  #lastWords(): string {
    return readFileSync(this.#options.logPath, 'utf8').slice(-lastWordsChars)
  }

  #pointChannel(child: ChildProcess): Duplex | null {
    return (child.stdio[pointDescriptor] as Duplex | null | undefined) ?? null
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    live.delete(child)
    if (this.#isStopping) return
    if (!this.#isEndExpected) this.ownEnds.push({ process: this.name, code, signal })
    setTimeout(() => {
      if (!this.#isStopping) this.start()
    }, restartDelayMs)
  }
}

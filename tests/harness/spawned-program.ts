import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '@parley/testkit/latch.ts'
import { programEnv } from '@parley/testkit/program-env.ts'

export interface ProgramOptions {
  /** The program's file, from the folder of the repository. */
  main: string
  args?: readonly string[]
  /** The folder it starts in: relative paths and `parley.config.ts` are looked up there. */
  cwd: string
  env: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The folder of the repository. */
export const repositoryFolder = fileURLToPath(new URL('../../', import.meta.url))

const readyTimeoutMs = 60_000
const pollMs = 20
const stopTimeoutMs = 15_000
const outputCharsMax = 4 * 1024 * 1024

/** Programs that run; none of them outlives the test process, however that ends. */
const live = new Set<SpawnedProgram>()

process.on('exit', () => {
  for (const program of live) program.killGroup()
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const program of live) program.killGroup()
    process.kill(process.pid, signal)
  })
}

/** A program of this repository as a process of its own, together with the processes that it starts. */
export class SpawnedProgram implements AsyncDisposable {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #name: string
  #standardOutput = ''
  #standardError = ''
  #outcome: Ended | null = null

  constructor({ main, args = [], cwd, env }: ProgramOptions) {
    this.#name = main
    this.#child = spawn(process.execPath, [`${repositoryFolder}${main}`, ...args], {
      cwd,
      env: programEnv(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it started can be ended with it.
      detached: true,
    })
    live.add(this)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#standardOutput = (this.#standardOutput + text).slice(-outputCharsMax)
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#standardError = (this.#standardError + text).slice(-outputCharsMax)
    })
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        live.delete(this)
        this.#outcome = { code, signal }
        resolve(this.#outcome)
      }
      this.#child.once('close', end)
      this.#child.once('error', () => end(null, null))
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.#outcome !== null
  }

  get standardOutput(): string {
    return this.#standardOutput
  }

  get standardError(): string {
    return this.#standardError
  }

  /** Resolves once `<url>/readyz` says so; rejects with what the program said when it ends before or takes too long. */
  async untilReady(url: string): Promise<void> {
    let reason = 'no answer'
    const isReady = async () => {
      if (this.hasEnded) throw this.#explained('ended before it was ready')
      try {
        const answer = await fetch(`${url}/readyz`)
        reason = await answer.text()
        return answer.ok
      } catch {
        return false
      }
    }
    await waitUntil(isReady, { timeoutMs: readyTimeoutMs, pollMs }).catch((error: unknown) => {
      throw this.hasEnded ? error : this.#explained(`was not ready: ${reason}`)
    })
  }

  /** Resolves once the text has come on standard output; rejects with what the program said instead. */
  async untilOutput(pattern: RegExp): Promise<RegExpExecArray> {
    const endsAtMs = performance.now() + readyTimeoutMs
    while (true) {
      const found = pattern.exec(this.#standardOutput)
      if (found !== null) return found
      if (this.hasEnded || performance.now() > endsAtMs) throw this.#explained(`did not write ${pattern}`)
      await delay(pollMs)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGTERM, and SIGKILL to everything that is left when that takes too long. */
  async stop(): Promise<Ended> {
    if (this.#outcome !== null) return this.#outcome
    const timer = setTimeout(() => this.killGroup(), stopTimeoutMs)
    this.signal('SIGTERM')
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  killGroup(): void {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #explained(problem: string): Error {
    return new Error(`${this.#name} ${problem}\n${this.#standardOutput}\n${this.#standardError}`)
  }
}

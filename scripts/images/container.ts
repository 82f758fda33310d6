import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dataFolder, imageUser } from './dockerfile.ts'
import { type Engine, runArguments } from './engine.ts'

const execute = promisify(execFile)

export interface ContainerOptions {
  readonly runner: NonNullable<Engine['runner']>
  readonly image: string
  /** For the program instead of what the image says. */
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files of this machine that are read at a place in the container. */
  readonly files?: Readonly<Record<string, string>>
  /** A named volume for the data; without one they are gone with the container. */
  readonly volume?: string
}

const pollMs = 50
/** A program is ready within seconds; that a busy machine gets its container started may take minutes. */
const readyTimeoutMs = 5 * 60_000
/** Longer than a program may take to drain. */
const stopTimeoutMs = 40_000
const outputCharsMax = 4 * 1024 * 1024

const live = new Set<Container>()
process.on('exit', () => {
  for (const container of live) container.remove()
})

/**
 * A container that runs as the images are meant to: with a root file system that cannot be written, as a user without
 * rights or any capability. It shares this machine's network, and is gone when it ends.
 */
export class Container implements AsyncDisposable {
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>
  readonly name = `parley-${randomUUID()}`
  readonly #runner: NonNullable<Engine['runner']>
  readonly #child: ChildProcess
  #output = ''
  #code: number | null | undefined

  constructor({ runner, image, args = [], env, files = {}, volume }: ContainerOptions) {
    this.#runner = runner
    const options = [
      `--name=${this.name}`,
      '--rm',
      '--read-only',
      '--cap-drop=all',
      '--security-opt=no-new-privileges',
      `--user=${imageUser}:${imageUser}`,
      '--tmpfs=/tmp',
      // The images name the folder as a volume, so it can be written in any case.
      ...(volume === undefined ? [] : [`--volume=${volume}:${dataFolder}`]),
      ...Object.entries(files).map(([inside, here]) => `--volume=${here}:${inside}:ro`),
      // By name only: values on a command line can be read by everybody.
      ...Object.keys(env).map((name) => `--env=${name}`),
    ]
    this.#child = spawn(runner, [...runArguments(runner), ...options, image, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    live.add(this)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax)
      })
    }
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        live.delete(this)
        this.#code = code
        resolve(code)
      }
      this.#child.once('close', end)
      this.#child.once('error', () => end(null))
    })
  }

  get output(): string {
    return this.#output
  }

  /** Resolves once `url` answers well; rejects with what the program said when it ends before or takes too long. */
  async untilAnswers(url: string): Promise<void> {
    const endsAtMs = performance.now() + readyTimeoutMs
    let reason = 'no answer'
    while (performance.now() < endsAtMs) {
      if (this.#code !== undefined) throw new Error(`it ended with ${this.#code} before it was ready\n${this.#output}`)
      try {
        const answer = await fetch(url)
        reason = await answer.text()
        if (answer.ok) return
      } catch {
        // It does not listen yet.
      }
      await delay(pollMs)
    }
    throw new Error(`it was not ready after ${readyTimeoutMs} ms: ${reason}\n${this.#output}`)
  }

  /** Runs the image's health check. Rejects when that says no. */
  async checkHealth(): Promise<void> {
    await execute(this.#runner, ['exec', this.name, 'node', 'packages/chassis/runtime/health-check.ts'])
  }

  /** Runs a program within the container; resolves to what it wrote. */
  async execute(...command: readonly string[]): Promise<string> {
    const { stdout } = await execute(this.#runner, ['exec', this.name, ...command])
    return stdout
  }

  /** SIGTERM; resolves to the exit code, which is 137 when it had to be killed. */
  async stop(): Promise<number | null> {
    if (this.#code !== undefined) return this.#code
    await execute(this.#runner, ['kill', '--signal=TERM', this.name])
    const timer = setTimeout(() => this.remove(), stopTimeoutMs)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  remove(): void {
    spawnSync(this.#runner, ['rm', '--force', this.name], { stdio: 'ignore' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

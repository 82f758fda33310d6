import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { runBackUp, runRestore } from '../../packages/cli/commands/backup.ts'
import { reconcile, reconciledText } from '../../packages/cli/commands/reconcile.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'

export const apiKey = 'preset-key-of-the-test'

export interface Ended {
  readonly code: number
  readonly text: string
}

/** Short times, so that what a cut left under way is taken up soon. */
const quick = { RESPONSE_LEASE_MS: '3000', REQUEST_STUCK_AFTER_MS: '2000', LOG_LEVEL: 'warn' }
const drainedMs = 45_000

/** The one program on data of its own, and the commands for it. */
export class BackedUpParley implements AsyncDisposable {
  readonly url: string
  readonly program: SpawnedProgram
  readonly #env: Readonly<Record<string, string>>
  readonly #cwd: string

  private constructor(options: { url: string; program: SpawnedProgram; env: Record<string, string>; cwd: string }) {
    this.url = options.url
    this.program = options.program
    this.#env = options.env
    this.#cwd = options.cwd
  }

  static async start(options: { cwd: string; env: Record<string, string> }): Promise<BackedUpParley> {
    const port = await findFreePorts(1)
    const url = `http://127.0.0.1:${port}`
    const env = { PORT: String(port), PARLEY_API_KEY: apiKey, ...quick, ...options.env }
    const program = new SpawnedProgram({ main: 'apps/all-in-one/main.ts', cwd: options.cwd, env })
    await program.untilReady(url)
    return new BackedUpParley({ url, program, env, cwd: options.cwd })
  }

  backUp(folder: string): Promise<Ended> {
    return told(() => runBackUp(this.#env, this.#cwd, folder))
  }

  restore(folder: string): Promise<Ended> {
    return told(() => runRestore(this.#env, this.#cwd, { folder, replace: true }))
  }

  async reconcile(): Promise<Ended> {
    const found = await reconcile({ ...this.#env, PARLEY_URL: this.url }, { graceSeconds: 0 })
    return { code: found.exceptions.length === 0 ? 0 : 1, text: reconciledText(found) }
  }

  async ask<Answer>(path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }

  /** Resolves once `parley reconcile` names no exception. */
  async untilReconciled(): Promise<void> {
    let last = ''
    const agrees = async () => {
      const { code, text } = await this.reconcile()
      last = text
      return code === 0
    }
    await waitUntil(agrees, { timeoutMs: drainedMs, pollMs: 500 }).catch(() => {
      throw new Error(`parley reconcile still says:\n${last}\n${this.program.standardError.slice(-2_000)}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}

/** What a command says, and its exit code. */
export async function told(command: () => Promise<string>): Promise<Ended> {
  try {
    return { code: 0, text: await command() }
  } catch (error) {
    if (error instanceof ConfigError) return { code: 1, text: error.message }
    throw error
  }
}

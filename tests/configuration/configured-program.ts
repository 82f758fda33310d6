import { waitUntil } from '@parley/testkit/latch.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'

/** Often enough that a test does not wait, as no operator would have it. */
export const pollMs = 50
export const apiKey = 'preset-key-of-the-test'

/** The one program with its configuration in files. */
export class ConfiguredProgram implements AsyncDisposable {
  readonly url: string
  readonly program: SpawnedProgram

  private constructor(url: string, program: SpawnedProgram) {
    this.url = url
    this.program = program
  }

  static async start(options: { cwd: string; env?: Record<string, string> }): Promise<ConfiguredProgram> {
    const port = await findFreePorts(1)
    const env = {
      PORT: String(port),
      PARLEY_DATA: `${options.cwd}/data`,
      PARLEY_CONFIG_POLL_MS: String(pollMs),
      PARLEY_API_KEY: apiKey,
      ...options.env,
    }
    if (env.PARLEY_API_KEY === '') Reflect.deleteProperty(env, 'PARLEY_API_KEY')
    const program = new SpawnedProgram({ main: 'apps/all-in-one/main.ts', cwd: options.cwd, env })
    const url = `http://127.0.0.1:${port}`
    await program.untilReady(url)
    return new ConfiguredProgram(url, program)
  }

  /** Resolves once so many configurations were taken into use. */
  async untilGeneration(generation: number): Promise<void> {
    await waitUntil(async () => (await metricOf(this.url, 'parley_config_generation')) >= generation, {
      what: `generation ${generation} of the configuration\n${this.program.standardError}`,
      timeoutMs: 20_000,
      pollMs: 20,
    })
  }

  async untilRefused(): Promise<void> {
    await waitUntil(async () => (await metricOf(this.url, 'parley_config_last_reload_successful')) === 0, {
      what: 'the refusal of the configuration',
      timeoutMs: 20_000,
      pollMs: 20,
    })
  }

  /** Lines are written in batches, so one that was logged comes a moment later. */
  async untilLogged(pattern: RegExp): Promise<void> {
    await waitUntil(() => pattern.test(this.program.standardError), {
      what: `a line with ${pattern}\n${this.program.standardError.slice(-2_000)}\n`,
      timeoutMs: 20_000,
      pollMs: 20,
    })
  }

  metric(name: string): Promise<number> {
    return metricOf(this.url, name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}

export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  if (line === undefined) throw new Error(`there is no metric ${name}`)
  return Number(line.split(' ')[1])
}

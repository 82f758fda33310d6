import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import type { ConfigSource } from '../config/config-source.ts'
import { ConfigError } from '../config/env-reader.ts'
import { FileWatch } from '../config/file-watch.ts'
import { type ConfigSnapshot, changesBetween } from './config-snapshot.ts'

export interface LiveConfigOptions {
  readonly source: ConfigSource
  /** Reads everything anew. Throws ConfigError. */
  readonly read: () => Promise<ConfigSnapshot>
  /** Hands a snapshot to everything that uses it, within one turn of the event loop. */
  readonly apply: (snapshot: ConfigSnapshot) => void
  /** What the process was started with. */
  readonly first: ConfigSnapshot
  /** How often files are looked at; 0 for never. */
  readonly pollMs: number
  readonly log: Logger
  readonly metrics: Registry
}

/** Told at `/readyz` when there is something to do about the configuration; names and never values. */
export interface ConfigStatus {
  /** Counts the configurations that were taken into use since the start, which was the first. */
  readonly generation: number
  /** Why the present files are not in use. */
  readonly refused?: readonly string[]
  /** What the present files say differently, and only a restart can take into use. */
  readonly restart?: readonly string[]
}

/**
 * The configuration of a running process:
 *
 *   in use ──files change──▶ read whole ──in order──▶ the new one is in use, its number one higher
 *                                └──────any problem──▶ the old one stays, and the problems are told
 *
 * What cannot change while the process runs keeps its value and is named.
 */
export class LiveConfig implements Disposable {
  readonly #options: LiveConfigOptions
  readonly #watch: FileWatch
  #current: ConfigSnapshot
  #generation = 1
  #refused: readonly string[] = []
  #restart: readonly string[] = []
  #reloading: Promise<void> | null = null
  #again = false

  constructor(options: LiveConfigOptions) {
    this.#options = options
    this.#current = options.first
    this.#watch = new FileWatch({ pollMs: options.pollMs, onChange: () => void this.reload() })
    this.#register(options.metrics)
  }

  get current(): ConfigSnapshot {
    return this.#current
  }

  /** Null when the files are in use as they are. */
  get status(): ConfigStatus | null {
    const [refused, restart] = [this.#refused, this.#restart]
    if (refused.length === 0 && restart.length === 0) return null
    return {
      generation: this.#generation,
      ...(refused.length > 0 && { refused }),
      ...(restart.length > 0 && { restart }),
    }
  }

  /** From now on changes of the files are noticed. */
  async start(): Promise<void> {
    this.#tellShadowed(this.#current)
    const paths = this.#paths(this.#current)
    await this.#watch.watch(paths)
    // A change between the first reading and the first look at the files is found by reading them once more.
    if (paths.length > 0 && this.#options.pollMs > 0) await this.reload()
  }

  /** Reads the files again. Resolves once what they say is in use or refused; changes on the way are read as well. */
  async reload(): Promise<void> {
    this.#again = true
    this.#reloading ??= this.#reloadUntilStill().finally(() => {
      this.#reloading = null
    })
    await this.#reloading
  }

  [Symbol.dispose](): void {
    this.#watch.stop()
  }

  async #reloadUntilStill(): Promise<void> {
    while (this.#again) {
      this.#again = false
      await this.#reloadOnce()
    }
  }

  async #reloadOnce(): Promise<void> {
    const { log, read } = this.#options
    try {
      const next = await read()
      this.#use(next)
      await this.#watch.watch(this.#paths(next))
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : ['it could not be read']
      this.#refused = problems
      log.error(
        { problems, generation: this.#generation, ...(!(error instanceof ConfigError) && { err: error }) },
        'configuration refused, the previous one stays in use',
      )
    }
  }

  #use(next: ConfigSnapshot): void {
    const { apply, first, log } = this.#options
    const { live, restart } = changesBetween({ first, current: this.#current, next })
    const news = restart.filter((name) => !this.#restart.includes(name))
    const wasRefused = this.#refused.length > 0
    this.#refused = []
    this.#restart = restart
    if (live.length > 0) {
      apply(next)
      this.#current = next
      this.#generation++
      log.info({ generation: this.#generation, changed: live }, 'configuration changed')
      this.#tellShadowed(next)
    } else if (wasRefused) log.info({ generation: this.#generation }, 'configuration is in order again')
    if (news.length > 0) log.warn({ restart }, `needs a restart: ${restart.join(', ')}`)
  }

  /** A variable that is set hides the value in the file, and whoever edits the file would wonder. */
  #tellShadowed({ reader }: ConfigSnapshot): void {
    const shadowed = [...reader.found.values()]
      .filter(
        ({ setting, source }) => source.from === 'environment' && reader.file.settings?.[setting.name] !== undefined,
      )
      .map(({ setting }) => setting.name)
    if (shadowed.length === 0) return
    this.#options.log.warn({ shadowed }, 'settings of the file are not used: environment variables come first')
  }

  #paths({ reader }: ConfigSnapshot): string[] {
    const secrets = [...reader.found.values()].flatMap(({ source }) =>
      source.from === 'secret-file' ? [source.path] : [],
    )
    const { path } = this.#options.source
    return path === null ? secrets : [path, ...secrets]
  }

  #register(registry: Registry): void {
    const gauges: readonly [name: string, help: string, value: () => number][] = [
      ['parley_config_generation', 'Configurations taken into use since the start.', () => this.#generation],
      [
        'parley_config_last_reload_successful',
        '1 while the files of the configuration are in use, 0 while they are refused.',
        () => (this.#refused.length === 0 ? 1 : 0),
      ],
      [
        'parley_config_restart_needed',
        'Settings that were changed and are only used after a restart.',
        () => this.#restart.length,
      ],
    ]
    for (const [name, help, value] of gauges) {
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(value()) })
    }
  }
}

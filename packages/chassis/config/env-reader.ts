import type { ParleyConfigFile } from './config-file.ts'
import { type ReadSecretFile, readSecretFile } from './secret-file.ts'
import type { AnySetting, Setting, Settings, ValuesOf } from './setting.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Thrown once, with every problem found; names variables, never their values. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Where a value came from. */
export type Source =
  | { readonly from: 'default' }
  | { readonly from: 'environment' }
  /** `field` of the configuration file. */
  | { readonly from: 'file'; readonly field: string }
  /** The file that `<name>_FILE` names. */
  | { readonly from: 'secret-file'; readonly path: string }

/** A setting as it was found; `text` is null where nobody set it. */
export interface FoundSetting {
  readonly setting: AnySetting
  readonly source: Source
  readonly text: string | null
}

export interface EnvReaderOptions {
  /** How problems call the configuration file. */
  readonly fileName?: string
  readonly readSecretFile?: ReadSecretFile
}

export const secretFileSuffix = '_FILE'

/**
 * Typed access to the configuration: environment variables first, then the `settings` of the configuration file, then
 * defaults; a secret may be in a file that `<name>_FILE` names instead. A bad value is noted and its fallback returned, so
 * that all problems can be reported together by `throwIfProblems`. What is read is remembered with where it came from.
 */
export class EnvReader {
  readonly #env: Env
  readonly #problems: string[] = []
  readonly #found = new Map<string, FoundSetting>()
  readonly #refused = new Set<string>()
  readonly #readSecretFile: ReadSecretFile
  /** The optional configuration file; an empty object when there is none. */
  readonly file: ParleyConfigFile
  readonly fileName: string

  constructor(env: Env, file: ParleyConfigFile = {}, options: EnvReaderOptions = {}) {
    this.#env = env
    this.file = file
    this.fileName = options.fileName ?? 'parley.config.ts'
    this.#readSecretFile = options.readSecretFile ?? readSecretFile
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  /** Every setting that was read, by name. */
  get found(): ReadonlyMap<string, FoundSetting> {
    return this.#found
  }

  read<T>(setting: Setting<T>): T {
    const text = this.#find(setting)
    if (text === null) return setting.fallback
    const parsed = setting.parse(text)
    if ('value' in parsed) return parsed.value
    if (!this.#refused.has(setting.name)) this.problem(`${setting.name} ${parsed.problem}`)
    this.#refused.add(setting.name)
    return setting.fallback
  }

  readAll<const S extends Settings>(settings: S): ValuesOf<S> {
    const values = Object.entries(settings).map(([name, setting]) => [name, this.read(setting)])
    return Object.fromEntries(values) as ValuesOf<S>
  }

  problem(text: string): void {
    this.#problems.push(text)
  }

  /** Throws ConfigError when anything was wrong. */
  throwIfProblems(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems)
  }

  /** Looks a setting up once: two readers of one name get the same. */
  #find(setting: AnySetting): string | null {
    const known = this.#found.get(setting.name)
    if (known !== undefined) return known.text
    const [text, source] = this.#lookUp(setting)
    this.#found.set(setting.name, { setting, source, text })
    return text
  }

  #lookUp({ name, isSecret }: AnySetting): [string | null, Source] {
    const given = this.#variable(name)
    if (isSecret) return this.#lookUpSecret(name, given)
    if (given !== null) return [given, { from: 'environment' }]
    const inFile = this.file.settings?.[name]
    const text = inFile === undefined ? '' : String(inFile).trim()
    return text === '' ? [null, { from: 'default' }] : [text, { from: 'file', field: `settings.${name}` }]
  }

  #lookUpSecret(name: string, given: string | null): [string | null, Source] {
    if (this.file.settings?.[name] !== undefined) {
      this.problem(
        `${this.fileName}: settings.${name} is a secret: set ${name}, or ${name}${secretFileSuffix}, instead`,
      )
    }
    const path = this.#variable(`${name}${secretFileSuffix}`)
    if (path === null) return given === null ? [null, { from: 'default' }] : [given, { from: 'environment' }]
    if (given !== null) this.problem(`${name} and ${name}${secretFileSuffix} are both set: unset one of them`)
    const read = this.#readSecretFile(path)
    if ('text' in read) return [read.text, { from: 'secret-file', path }]
    this.problem(`${name}${secretFileSuffix} names a file that ${read.problem}`)
    return [null, { from: 'secret-file', path }]
  }

  /** An empty value counts as absent. */
  #variable(name: string): string | null {
    const value = this.#env[name]
    return value === undefined || value.trim() === '' ? null : value.trim()
  }
}

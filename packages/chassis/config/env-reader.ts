import type { ParleyConfigFile } from './config-file.ts'

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

/**
 * Typed access to the environment. A bad value is noted and its fallback returned, so that all problems can be reported
 * together by `throwIfProblems`.
 */
export class EnvReader {
  readonly #env: Env
  readonly #problems: string[] = []
  /** The optional `parley.config.ts`; an empty object when there is none. */
  readonly file: ParleyConfigFile

  constructor(env: Env, file: ParleyConfigFile = {}) {
    this.#env = env
    this.file = file
  }

  /** An empty value counts as absent. */
  text(name: string): string | null {
    const value = this.#env[name]
    return value === undefined || value.trim() === '' ? null : value.trim()
  }

  integer(name: string, options: { fallback: number; min: number; max: number }): number {
    const text = this.text(name)
    if (text === null) return options.fallback
    const value = Number(text)
    if (Number.isInteger(value) && value >= options.min && value <= options.max) return value
    this.problem(`${name} must be a whole number from ${options.min} to ${options.max}`)
    return options.fallback
  }

  choice<const T extends string>(name: string, options: { of: readonly T[]; fallback: T }): T {
    const text = this.text(name)
    if (text === null) return options.fallback
    const found = options.of.find((candidate) => candidate === text)
    if (found !== undefined) return found
    this.problem(`${name} must be one of: ${options.of.join(', ')}`)
    return options.fallback
  }

  url(name: string, options: { protocols: readonly string[] }): URL | null {
    const text = this.text(name)
    if (text === null) return null
    const url = URL.canParse(text) ? new URL(text) : null
    if (url !== null && options.protocols.includes(url.protocol)) return url
    this.problem(`${name} must be a URL that starts with ${options.protocols.map((p) => `${p}//`).join(' or ')}`)
    return null
  }

  problem(text: string): void {
    this.#problems.push(text)
  }

  /** Throws ConfigError when anything was wrong. */
  throwIfProblems(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems)
  }
}

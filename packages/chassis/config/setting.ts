/**
 * One setting: an environment variable and all there is to know of it. Reading it, the reference in
 * `docs/configuration.md`, `parley config check` and generated deployments use this one value.
 */
export interface Setting<T> {
  /** The environment variable. */
  readonly name: string
  /** One or two sentences for whoever sets it. */
  readonly description: string
  /** What may be written, in words: `a whole number from 1 to 9`. */
  readonly format: string
  /** What it is when nobody sets it. */
  readonly fallback: T
  /** The fallback as people read it; null when there is none. */
  readonly shownDefault: string | null
  /** Never shown, not taken from the configuration file, and also read from the file that `<name>_FILE` names. */
  readonly isSecret: boolean
  /** Whether a changed value is used without a restart. */
  readonly isLive: boolean
  /** For live settings of which only some changes are: whether this one is. All are when absent. */
  readonly canChange?: (before: string | null, after: string | null) => boolean
  /** Gets trimmed text that is not empty. Must not repeat the text in `problem`, which continues the variable's name. */
  readonly parse: (text: string) => Parsed<T>
}

export type Parsed<T> = { readonly value: T } | { readonly problem: string }

export type AnySetting = Setting<unknown>

/** A service's or the process's own settings, by the names that the code knows them under. */
export type Settings = Readonly<Record<string, AnySetting>>

export type ValueOf<S> = S extends Setting<infer T> ? T : never
export type ValuesOf<S extends Settings> = { readonly [Name in keyof S]: ValueOf<S[Name]> }

interface Common {
  readonly description: string
  readonly isSecret?: boolean
  readonly isLive?: boolean
  readonly canChange?: (before: string | null, after: string | null) => boolean
  /** In place of the fallback itself, where it depends on something or reads badly. */
  readonly shownDefault?: string
}

/** A fallback of null means that the setting can be absent. */
export function textSetting<const F extends string | null>(
  name: string,
  options: Common & { readonly fallback: F; readonly format?: string; readonly accepts?: RegExp },
): Setting<F extends null ? string | null : string> {
  const { format = 'text', accepts } = options
  return setting(name, options, {
    format,
    parse: (text) => (accepts === undefined || accepts.test(text) ? { value: text } : { problem: `must be ${format}` }),
  })
}

export function integerSetting<const F extends number | null>(
  name: string,
  options: Common & { readonly fallback: F; readonly min: number; readonly max: number },
): Setting<F extends null ? number | null : number> {
  const { min, max } = options
  const format = `a whole number from ${min} to ${max}`
  return setting(name, options, {
    format,
    parse(text) {
      const value = Number(text)
      return Number.isInteger(value) && value >= min && value <= max ? { value } : { problem: `must be ${format}` }
    },
  })
}

export function choiceSetting<const T extends string, const F extends T | null>(
  name: string,
  options: Common & { readonly of: readonly T[]; readonly fallback: F },
): Setting<F extends null ? T | null : T> {
  const format = `one of: ${options.of.join(', ')}`
  return setting(name, options, {
    format,
    parse(text) {
      const value = options.of.find((candidate) => candidate === text)
      return value === undefined ? { problem: `must be ${format}` } : { value }
    },
  })
}

export function urlSetting(
  name: string,
  options: Common & { readonly protocols: readonly string[] },
): Setting<URL | null> {
  const { protocols } = options
  const format = `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`
  return setting(
    name,
    { ...options, fallback: null },
    {
      format,
      parse(text) {
        const url = URL.canParse(text) ? new URL(text) : null
        return url !== null && protocols.includes(url.protocol) ? { value: url } : { problem: `must be ${format}` }
      },
    },
  )
}

/** Values separated by commas; `none` for an empty list. */
export function listSetting<const F extends readonly string[] | null>(
  name: string,
  options: Common & { readonly fallback: F; readonly format: string; readonly accepts: RegExp },
): Setting<F extends null ? readonly string[] | null : readonly string[]> {
  const { format, accepts } = options
  const shownDefault = options.shownDefault ?? options.fallback?.join(',')
  return setting(
    name,
    { ...options, ...(shownDefault !== undefined && { shownDefault }) },
    {
      format,
      parse(text) {
        const value = text === 'none' ? [] : text.split(',').map((part) => part.trim())
        return value.every((part) => accepts.test(part)) ? { value } : { problem: `must be ${format}` }
      },
    },
  )
}

/** The other constructors rest on this one; use it where none of them fits. */
export function setting<T>(
  name: string,
  {
    description,
    fallback,
    isSecret = false,
    isLive = false,
    canChange,
    shownDefault,
  }: Common & { readonly fallback: unknown },
  { format, parse }: { format: string; parse: (text: string) => Parsed<unknown> },
): Setting<T> {
  return {
    name,
    description,
    format,
    fallback: fallback as T,
    shownDefault: shownDefault ?? (fallback === null ? null : String(fallback)),
    isSecret,
    isLive,
    ...(canChange !== undefined && { canChange }),
    parse: parse as (text: string) => Parsed<T>,
  }
}

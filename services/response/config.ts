import type { EnvReader } from '@parley/chassis/config/env-reader.ts'

export interface ResponseConfig {
  readonly runsMax: number
  readonly attemptsMax: number
  readonly leaseMs: number
  readonly runTimeoutMs: number
  readonly attachMs: number
  readonly feedCharsMax: number
  readonly contextTokensMax: number
  /** Names of post-processing steps, in order. */
  readonly postProcessing: readonly string[]
  readonly redactionPatterns: readonly string[]
}

/** `json` does nothing unless a request asks for a format, so plain text stays what the model wrote. */
const postProcessingDefault = ['json']

export function loadConfig(env: EnvReader): ResponseConfig {
  return {
    runsMax: env.integer('RESPONSE_CONCURRENCY_MAX', { fallback: 1_000, min: 1, max: 100_000 }),
    attemptsMax: env.integer('RESPONSE_ATTEMPTS_MAX', { fallback: 3, min: 1, max: 100 }),
    leaseMs: env.integer('RESPONSE_LEASE_MS', { fallback: 30_000, min: 3_000, max: 10 * 60_000 }),
    runTimeoutMs: env.integer('RESPONSE_TIMEOUT_MS', { fallback: 10 * 60_000, min: 1_000, max: 24 * 60 * 60_000 }),
    attachMs: env.integer('RESPONSE_ATTACH_MS', { fallback: 10_000, min: 1_000, max: 10 * 60_000 }),
    feedCharsMax: env.integer('RESPONSE_BUFFER_BYTES', { fallback: 1024 * 1024, min: 1_024, max: 1024 * 1024 * 1024 }),
    contextTokensMax: env.integer('RESPONSE_CONTEXT_TOKENS_MAX', { fallback: 8_192, min: 0, max: 10_000_000 }),
    postProcessing: names(env, 'POST_PROCESSING') ?? env.file.postProcessing ?? postProcessingDefault,
    redactionPatterns: names(env, 'REDACTION_PATTERNS') ?? ['email', 'card', 'api-key'],
  }
}

/** A comma-separated list; `none` for an empty one. */
function names(env: EnvReader, variable: string): readonly string[] | null {
  const text = env.text(variable)
  if (text === null) return null
  if (text === 'none') return []
  const found = text.split(',').map((name) => name.trim())
  if (!found.every((name) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))) {
    env.problem(`${variable} must be a comma-separated list of names, or 'none'`)
  }
  return found
}

import type { EnvReader } from '@parley/chassis/config/env-reader.ts'

export interface RequestConfig {
  /** How much JSON text of just-accepted inputs is kept in memory, in characters. */
  readonly recentInputsCharsMax: number
  /** How long nothing may be heard of a request before it is looked into. */
  readonly stuckAfterMs: number
}

export function loadConfig(env: EnvReader): RequestConfig {
  return {
    recentInputsCharsMax: env.integer('REQUEST_RECENT_INPUTS_CHARS_MAX', {
      fallback: 32 * 1024 * 1024,
      min: 1,
      max: 1024 * 1024 * 1024,
    }),
    stuckAfterMs: env.integer('REQUEST_STUCK_AFTER_MS', { fallback: 60_000, min: 100, max: 24 * 60 * 60_000 }),
  }
}

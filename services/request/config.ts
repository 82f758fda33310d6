import type { EnvReader } from '@parley/chassis/config/env-reader.ts'

export interface RequestConfig {
  /** How much JSON text of just-accepted inputs is kept in memory, in characters. */
  readonly recentInputsCharsMax: number
}

export function loadConfig(env: EnvReader): RequestConfig {
  return {
    recentInputsCharsMax: env.integer('REQUEST_RECENT_INPUTS_CHARS_MAX', {
      fallback: 32 * 1024 * 1024,
      min: 1,
      max: 1024 * 1024 * 1024,
    }),
  }
}

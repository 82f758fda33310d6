import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { integerSetting, type ValuesOf } from '@parley/chassis/config/setting.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const dayMs = 24 * 60 * minuteMs
const longestMs = 3_650 * dayMs

export const sessionSettings = {
  turnLeaseMs: integerSetting('SESSION_TURN_LEASE_MS', {
    description: 'How long a response may hold its session before another one may take it over.',
    fallback: 15 * minuteMs,
    min: secondMs,
    max: dayMs,
  }),
  reservationMs: integerSetting('SESSION_RESERVATION_MS', {
    description:
      'How long a response that is about to be accepted holds its session, which is what its acceptance may take.',
    fallback: 8 * secondMs,
    min: secondMs,
    max: dayMs,
  }),
  idleAfterMs: integerSetting('SESSION_IDLE_AFTER_MS', {
    description: 'Without activity for so long, an open session becomes idle.',
    fallback: 30 * minuteMs,
    min: secondMs,
    max: longestMs,
  }),
  expireAfterMs: integerSetting('SESSION_EXPIRE_AFTER_MS', {
    description: 'Without activity for so long, an idle session expires. Not less than SESSION_IDLE_AFTER_MS.',
    fallback: 30 * dayMs,
    min: secondMs,
    max: longestMs,
  }),
  sweepIntervalMs: integerSetting('SESSION_SWEEP_INTERVAL_MS', {
    description: 'How often idle and expired sessions are looked for.',
    fallback: minuteMs,
    min: secondMs,
    max: dayMs,
  }),
  contextItemsMax: integerSetting('SESSION_CONTEXT_ITEMS_MAX', {
    description: 'Items in a context window at most, whatever the token budget.',
    fallback: 200,
    min: 1,
    max: 10_000,
  }),
}

export type SessionConfig = ValuesOf<typeof sessionSettings>

export function loadConfig(env: EnvReader): SessionConfig {
  const config = env.readAll(sessionSettings)
  if (config.expireAfterMs < config.idleAfterMs) {
    env.problem('SESSION_EXPIRE_AFTER_MS must not be less than SESSION_IDLE_AFTER_MS')
  }
  return config
}

import type { EnvReader } from '@parley/chassis/config/env-reader.ts'

export interface SessionConfig {
  /** How long a response may hold its session before another one may take it over. */
  readonly turnLeaseMs: number
  /** How long a response that is about to be accepted holds its session: what its acceptance may take. */
  readonly reservationMs: number
  readonly idleAfterMs: number
  readonly expireAfterMs: number
  readonly sweepIntervalMs: number
  /** Upper bound of items in a context window, whatever the token budget. */
  readonly contextItemsMax: number
}

const secondMs = 1_000
const minuteMs = 60 * secondMs
const dayMs = 24 * 60 * minuteMs
const longestMs = 3_650 * dayMs

export function loadConfig(env: EnvReader): SessionConfig {
  const config = {
    turnLeaseMs: env.integer('SESSION_TURN_LEASE_MS', { fallback: 15 * minuteMs, min: secondMs, max: dayMs }),
    reservationMs: env.integer('SESSION_RESERVATION_MS', { fallback: 8 * secondMs, min: secondMs, max: dayMs }),
    idleAfterMs: env.integer('SESSION_IDLE_AFTER_MS', { fallback: 30 * minuteMs, min: secondMs, max: longestMs }),
    expireAfterMs: env.integer('SESSION_EXPIRE_AFTER_MS', { fallback: 30 * dayMs, min: secondMs, max: longestMs }),
    sweepIntervalMs: env.integer('SESSION_SWEEP_INTERVAL_MS', { fallback: minuteMs, min: secondMs, max: dayMs }),
    contextItemsMax: env.integer('SESSION_CONTEXT_ITEMS_MAX', { fallback: 200, min: 1, max: 10_000 }),
  }
  if (config.expireAfterMs < config.idleAfterMs) {
    env.problem('SESSION_EXPIRE_AFTER_MS must not be less than SESSION_IDLE_AFTER_MS')
  }
  return config
}

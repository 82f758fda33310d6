import type { EnvReader } from '@parley/chassis/config/env-reader.ts'

export interface GatewayConfig {
  /** Set by the operator; only its hash is kept. Null: the first key is made at the first start. */
  readonly presetSecret: string | null
  /** For keys without a limit of their own; null for none. */
  readonly requestsPerMinute: number | null
  readonly bodyBytesMax: number
  /** How long a request may take, from its head to the end of its answer. */
  readonly requestTimeoutMs: number
  /** How long a client may leave what was written unread before its connection is dropped. */
  readonly writeStallMs: number
  /** How long a stream is silent before a comment is sent, so that nothing in between takes it for dead. */
  readonly keepAliveMs: number
  /** WebSocket connections of one process. */
  readonly socketsMax: number
  /** How long keys that were valid stay so while the database of keys does not answer; 0 for not at all. */
  readonly keyOutageMs: number
}

export function loadGatewayConfig(env: EnvReader): GatewayConfig {
  return {
    presetSecret: presetSecret(env),
    requestsPerMinute: optionalLimit(env, 'GATEWAY_REQUESTS_PER_MINUTE'),
    bodyBytesMax: env.integer('GATEWAY_BODY_BYTES_MAX', {
      fallback: 32 * 1024 * 1024,
      min: 1024,
      max: 512 * 1024 * 1024,
    }),
    requestTimeoutMs: env.integer('GATEWAY_REQUEST_TIMEOUT_MS', {
      fallback: 10 * 60_000,
      min: 1_000,
      max: 15 * 60_000,
    }),
    writeStallMs: env.integer('GATEWAY_WRITE_STALL_MS', { fallback: 30_000, min: 100, max: 10 * 60_000 }),
    socketsMax: env.integer('GATEWAY_SOCKETS_MAX', { fallback: 10_000, min: 0, max: 1_000_000 }),
    keepAliveMs: env.integer('GATEWAY_KEEP_ALIVE_MS', { fallback: 15_000, min: 100, max: 10 * 60_000 }),
    keyOutageMs: env.integer('GATEWAY_KEY_OUTAGE_MS', { fallback: 10 * 60_000, min: 0, max: 24 * 60 * 60_000 }),
  }
}

const secretPattern = /^[\x21-\x7e]{8,512}$/

function presetSecret(env: EnvReader): string | null {
  const secret = env.text('PARLEY_API_KEY')
  if (secret === null || secretPattern.test(secret)) return secret
  env.problem('PARLEY_API_KEY must have 8 to 512 characters: letters, digits and signs, without spaces')
  return null
}

function optionalLimit(env: EnvReader, name: string): number | null {
  if (env.text(name) === null) return null
  return env.integer(name, { fallback: 1, min: 1, max: 1_000_000 })
}

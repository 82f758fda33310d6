import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { integerSetting, textSetting, type ValuesOf } from '@parley/chassis/config/setting.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs

export const gatewaySettings = {
  /** Only its hash is kept. Null: the first key is made at the first start. */
  presetSecret: textSetting('PARLEY_API_KEY', {
    description:
      'A key of the tenant "default" with every scope, in place of the one that the first start makes. A changed one takes its place.',
    format: '8 to 512 characters: letters, digits and signs, without spaces',
    accepts: /^[\x21-\x7e]{8,512}$/,
    fallback: null,
    isSecret: true,
    isLive: true,
  }),
  requestsPerMinute: integerSetting('GATEWAY_REQUESTS_PER_MINUTE', {
    description: 'The limit of keys that have none of their own, in each process of the gateway.',
    fallback: null,
    min: 1,
    max: 1_000_000,
    isLive: true,
  }),
  bodyBytesMax: integerSetting('GATEWAY_BODY_BYTES_MAX', {
    description: 'Larger bodies are refused with 413.',
    fallback: 32 * 1024 * 1024,
    min: 1024,
    max: 512 * 1024 * 1024,
  }),
  requestTimeoutMs: integerSetting('GATEWAY_REQUEST_TIMEOUT_MS', {
    description: 'How long a request may take, from its head to the end of its answer.',
    fallback: 10 * minuteMs,
    min: secondMs,
    max: 15 * minuteMs,
  }),
  writeStallMs: integerSetting('GATEWAY_WRITE_STALL_MS', {
    description: 'How long a client may leave what was written unread before its connection is dropped.',
    fallback: 30 * secondMs,
    min: 100,
    max: 10 * minuteMs,
  }),
  keepAliveMs: integerSetting('GATEWAY_KEEP_ALIVE_MS', {
    description: 'How long a stream is silent before a comment is sent, so that nothing in between takes it for dead.',
    fallback: 15 * secondMs,
    min: 100,
    max: 10 * minuteMs,
  }),
  socketsMax: integerSetting('GATEWAY_SOCKETS_MAX', {
    description: 'WebSocket connections of one process; beyond them the upgrade is refused with 503.',
    fallback: 10_000,
    min: 0,
    max: 1_000_000,
    isLive: true,
  }),
  keyOutageMs: integerSetting('GATEWAY_KEY_OUTAGE_MS', {
    description: 'How long keys that were valid stay so while the database of keys does not answer; 0 for not at all.',
    fallback: 10 * minuteMs,
    min: 0,
    max: 24 * 60 * minuteMs,
  }),
}

export type GatewayConfig = ValuesOf<typeof gatewaySettings>

export function loadGatewayConfig(env: EnvReader): GatewayConfig {
  return env.readAll(gatewaySettings)
}

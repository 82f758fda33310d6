import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaSettings } from './kafka-settings.ts'

const connectTimeoutMs = 2_000
const requestTimeoutMs = 5_000
const retryDelayMs = 200
const metadataMaxAgeMs = 5_000

/** What all clients of a cluster have in common. Every request is bounded in time and repeated a few times at most. */
export function clientOptions(settings: KafkaSettings, clientId: string) {
  const { brokers, tls, sasl } = settings
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: requestTimeoutMs,
    retries: 3,
    retryDelay: retryDelayMs,
    metadataMaxAge: metadataMaxAgeMs,
    autocreateTopics: false,
    ...(tls !== null && {
      tls: tls.authorities === null ? {} : { ca: tls.authorities },
      tlsServerName: true,
    }),
    // Asked for each connection: the password may have been replaced meanwhile.
    ...(sasl !== null && { sasl: { ...sasl, password: () => sasl.password } }),
  } satisfies BaseOptions
}

import type { EnvReader } from '../../config/env-reader.ts'

/** How a process reaches Kafka, and how its topics are made. */
export interface KafkaSettings {
  /** `host:port`, any of the cluster. */
  readonly brokers: readonly string[]
  /** Before the name of a service, in topics and groups. */
  readonly prefix: string
  /** Of a topic that is made; also the number of partitions that keys are spread over. */
  readonly partitions: number
  /** Copies of each partition; null leaves it to the cluster. */
  readonly replicas: number | null
  readonly tls: boolean
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | null
}

const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
type SaslMechanism = (typeof saslMechanisms)[number]

/** Null unless EVENTS is kafka; problems stay with the reader. */
export function readKafkaSettings(env: EnvReader): KafkaSettings | null {
  if (env.choice('EVENTS', { of: ['direct', 'kafka'], fallback: 'direct' }) === 'direct') return null
  const replicas = env.integer('KAFKA_REPLICAS', { fallback: 0, min: 0, max: 15 })
  return {
    brokers: readBrokers(env),
    prefix: readPrefix(env),
    partitions: env.integer('KAFKA_PARTITIONS', { fallback: 6, min: 1, max: 1_000 }),
    replicas: replicas === 0 ? null : replicas,
    tls: env.choice('KAFKA_TLS', { of: ['off', 'on'], fallback: 'off' }) === 'on',
    sasl: readSasl(env),
  }
}

function readBrokers(env: EnvReader): string[] {
  const text = env.text('KAFKA_BROKERS')
  if (text === null) {
    env.problem('KAFKA_BROKERS is missing: EVENTS=kafka needs one or several host:port, separated by commas')
    return []
  }
  const brokers = text.split(',').map((broker) => broker.trim())
  if (!brokers.every((broker) => /^[\w.-]+:\d{1,5}$/.test(broker))) {
    env.problem('KAFKA_BROKERS must be host:port, several separated by commas')
  }
  return brokers
}

function readPrefix(env: EnvReader): string {
  const prefix = env.text('KAFKA_PREFIX') ?? 'parley.'
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(prefix)) {
    env.problem('KAFKA_PREFIX may have letters, digits, dots, dashes and underscores, 100 at most')
  }
  return prefix
}

function readSasl(env: EnvReader): KafkaSettings['sasl'] {
  if (env.text('KAFKA_SASL_MECHANISM') === null) return null
  const mechanism = env.choice('KAFKA_SASL_MECHANISM', { of: saslMechanisms, fallback: 'PLAIN' })
  const [username, password] = [env.text('KAFKA_USERNAME'), env.text('KAFKA_PASSWORD')]
  if (username === null || password === null) {
    env.problem('KAFKA_SASL_MECHANISM needs KAFKA_USERNAME and KAFKA_PASSWORD')
  }
  return { mechanism, username: username ?? '', password: password ?? '' }
}

import type { EnvReader } from '../../config/env-reader.ts'
import { choiceSetting, integerSetting, listSetting, textSetting } from '../../config/setting.ts'

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
  /** Null when connections are not encrypted. */
  readonly tls: {
    /** Certificates in PEM, of those who may sign a broker's; null for those that Node knows. */
    readonly authorities: string | null
  } | null
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | null
}

const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
type SaslMechanism = (typeof saslMechanisms)[number]

export const kafkaSettings = {
  events: choiceSetting('EVENTS', {
    description: 'What carries events: calls from each publisher to its subscribers, or Kafka.',
    of: ['direct', 'kafka'],
    fallback: 'direct',
  }),
  brokers: listSetting('KAFKA_BROKERS', {
    description: 'Any brokers of the cluster. Needed when EVENTS is kafka.',
    format: 'host:port, several separated by commas',
    accepts: /^[\w.-]+:\d{1,5}$/,
    fallback: null,
  }),
  prefix: textSetting('KAFKA_PREFIX', {
    description: 'Before the name of a service, in topics and groups.',
    format: 'letters, digits, dots, dashes and underscores, 100 at most',
    accepts: /^[A-Za-z0-9._-]{1,100}$/,
    fallback: 'parley.',
  }),
  partitions: integerSetting('KAFKA_PARTITIONS', {
    description: 'Partitions of a topic that is made.',
    fallback: 6,
    min: 1,
    max: 1_000,
  }),
  replicas: integerSetting('KAFKA_REPLICAS', {
    description: 'Copies of each partition of a topic that is made; 0 leaves it to the cluster.',
    fallback: 0,
    min: 0,
    max: 15,
  }),
  tls: choiceSetting('KAFKA_TLS', {
    description: 'Whether connections to Kafka are encrypted.',
    of: ['off', 'on'],
    fallback: 'off',
  }),
  tlsAuthorities: textSetting('KAFKA_TLS_CA', {
    description:
      'Certificates of the authorities that sign those of the brokers, in place of the well-known ones. Mostly given by KAFKA_TLS_CA_FILE.',
    format: 'certificates in PEM',
    accepts: /-----BEGIN CERTIFICATE-----/,
    fallback: null,
    isSecret: true,
  }),
  saslMechanism: choiceSetting('KAFKA_SASL_MECHANISM', {
    description: 'How this process says who it is to Kafka; it does not when this is not set.',
    of: saslMechanisms,
    fallback: null,
  }),
  username: textSetting('KAFKA_USERNAME', { description: 'Name for KAFKA_SASL_MECHANISM.', fallback: null }),
  password: textSetting('KAFKA_PASSWORD', {
    description: 'Password for KAFKA_SASL_MECHANISM. New connections use a changed one.',
    fallback: null,
    isSecret: true,
    isLive: true,
  }),
}

/** Null unless EVENTS is kafka; problems stay with the reader. */
export function readKafkaSettings(env: EnvReader): KafkaSettings | null {
  if (env.read(kafkaSettings.events) === 'direct') return null
  const replicas = env.read(kafkaSettings.replicas)
  return {
    brokers: readBrokers(env),
    prefix: env.read(kafkaSettings.prefix),
    partitions: env.read(kafkaSettings.partitions),
    replicas: replicas === 0 ? null : replicas,
    tls: readTls(env),
    sasl: readSasl(env),
  }
}

function readBrokers(env: EnvReader): readonly string[] {
  const before = env.problems.length
  const brokers = env.read(kafkaSettings.brokers) ?? []
  if (brokers.length === 0 && env.problems.length === before) {
    env.problem('KAFKA_BROKERS is missing: EVENTS=kafka needs one or several host:port, separated by commas')
  }
  return brokers
}

function readTls(env: EnvReader): KafkaSettings['tls'] {
  const authorities = env.read(kafkaSettings.tlsAuthorities)
  if (env.read(kafkaSettings.tls) === 'on') return { authorities }
  if (authorities !== null) env.problem('KAFKA_TLS_CA is of no use without KAFKA_TLS=on: set that, or leave both out')
  return null
}

function readSasl(env: EnvReader): KafkaSettings['sasl'] {
  const mechanism = env.read(kafkaSettings.saslMechanism)
  if (mechanism === null) return null
  const [username, password] = [env.read(kafkaSettings.username), env.read(kafkaSettings.password)]
  if (username === null || password === null) {
    env.problem('KAFKA_SASL_MECHANISM needs KAFKA_USERNAME and KAFKA_PASSWORD')
  }
  return { mechanism, username: username ?? '', password: password ?? '' }
}

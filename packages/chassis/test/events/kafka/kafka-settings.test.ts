import { type TestContext, test } from 'node:test'
import { type ConfigError, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { readKafkaSettings } from '@parley/chassis/events/kafka/kafka-settings.ts'

function read(env: Record<string, string>) {
  const reader = new EnvReader(env)
  const settings = readKafkaSettings(reader)
  try {
    reader.throwIfProblems()
    return { settings, problems: '' }
  } catch (error) {
    return { settings, problems: (error as ConfigError).problems.join('\n') }
  }
}

test('events go straight to their subscribers unless the environment says otherwise', (t: TestContext) => {
  t.assert.strictEqual(read({ KAFKA_BROKERS: 'one:9092' }).settings, null)
  t.assert.strictEqual(read({ EVENTS: 'direct' }).settings, null)
})

test('one or several brokers are enough for Kafka', (t: TestContext) => {
  const { settings, problems } = read({ EVENTS: 'kafka', KAFKA_BROKERS: 'one:9092, two:9093' })
  t.assert.strictEqual(problems, '')
  t.assert.deepStrictEqual(settings, {
    brokers: ['one:9092', 'two:9093'],
    prefix: 'parley.',
    partitions: 6,
    replicas: null,
    tls: null,
    sasl: null,
  })
})

test('certificates of authorities are taken with encryption only', (t: TestContext) => {
  const given = { EVENTS: 'kafka', KAFKA_BROKERS: 'one:9092', KAFKA_TLS_CA: '-----BEGIN CERTIFICATE-----secret' }
  const authorities = given.KAFKA_TLS_CA
  t.assert.deepStrictEqual(read({ ...given, KAFKA_TLS: 'on' }).settings?.tls, { authorities })
  t.assert.match(read(given).problems, /^KAFKA_TLS_CA is of no use without KAFKA_TLS=on/)
  const wrong = read({ ...given, KAFKA_TLS: 'on', KAFKA_TLS_CA: '/secret.pem' }).problems
  t.assert.match(wrong, /^KAFKA_TLS_CA must be certificates in PEM/)
  t.assert.doesNotMatch(wrong, /secret/)
})

test('what is missing or wrong is named, all at once and without its value', (t: TestContext) => {
  t.assert.match(read({ EVENTS: 'kafka' }).problems, /^KAFKA_BROKERS is missing/)
  const { problems } = read({
    EVENTS: 'kafka',
    KAFKA_BROKERS: 'secret',
    KAFKA_PREFIX: 'secret prefix',
    KAFKA_PARTITIONS: '0',
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_PASSWORD: 'secret',
  })
  for (const name of ['KAFKA_BROKERS', 'KAFKA_PREFIX', 'KAFKA_PARTITIONS', 'KAFKA_USERNAME']) {
    t.assert.match(problems, new RegExp(name))
  }
  t.assert.doesNotMatch(problems, /secret/)
})

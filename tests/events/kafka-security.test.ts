import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { clientOptions } from '@parley/chassis/events/kafka/kafka-client.ts'
import { type KafkaSettings, readKafkaSettings } from '@parley/chassis/events/kafka/kafka-settings.ts'
import { findKafka } from '@parley/testkit/services.ts'
import { Admin } from '@platformatic/kafka'
import { EventHouse } from '../../packages/chassis/test/events/event-house.ts'
import { kafkaSettings, kafkaWay } from '../../packages/chassis/test/events/kafka-way.ts'
import { type SecuredKafka, startSecuredKafka } from '../harness/secured-kafka.ts'

const found = await findKafka()
// Where one runs, another one can; where none does, Java may be missing.
const skip = 'missing' in found ? found.missing : false
const timeoutMs = 40_000
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

describe('a broker that asks who comes', { skip }, () => {
  let folder = ''
  let kafka: SecuredKafka
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-kafka-'))
    kafka = await startSecuredKafka(folder)
  })
  after(async () => {
    await kafka?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  /** As a process would read them. */
  function settingsOf(mechanism: string, env: Readonly<Record<string, string>>): KafkaSettings {
    const reader = new EnvReader({
      EVENTS: 'kafka',
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_USERNAME: kafka.user,
      KAFKA_PASSWORD: kafka.password,
      ...env,
    })
    const read = readKafkaSettings(reader)
    reader.throwIfProblems()
    const { brokers = [], ...rest } = read ?? {}
    return kafkaSettings(brokers[0] ?? '', { ...rest, prefix: kafkaSettings('').prefix, partitions: 1 })
  }

  async function passEvents(t: TestContext, settings: KafkaSettings): Promise<void> {
    await using house = await EventHouse.open(kafkaWay(settings))
    await house.subscribe('billing')
    await house.publish('a1', 'a2')
    await house.untilEffects(2, 'billing', timeoutMs)
    t.assert.deepStrictEqual(await house.effects('billing'), ['a1', 'a2'])
  }

  async function topicsOf(settings: KafkaSettings): Promise<string[]> {
    const admin = new Admin({ ...clientOptions(settings, 'test'), retries: 0 })
    try {
      return await admin.listTopics()
    } finally {
      await admin.close()
    }
  }

  for (const mechanism of mechanisms) {
    test(`events pass with ${mechanism}`, async (t: TestContext) => {
      await passEvents(t, settingsOf(mechanism, { KAFKA_BROKERS: kafka.sasl }))
    })

    test(`a wrong password is refused with ${mechanism}, and not repeated in the error`, async (t: TestContext) => {
      const settings = settingsOf(mechanism, { KAFKA_BROKERS: kafka.sasl, KAFKA_PASSWORD: 'wrong-hush' })
      await t.assert.rejects(topicsOf(settings), (error: Error) => {
        t.assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /wrong-hush/)
        return true
      })
    })
  }

  test('events pass by TLS, with the authority that a file holds', async (t: TestContext) => {
    const env = { KAFKA_BROKERS: kafka.tls, KAFKA_TLS: 'on', KAFKA_TLS_CA_FILE: kafka.authorityFile }
    await passEvents(t, settingsOf('SCRAM-SHA-512', env))
  })

  test('a broker whose certificate nobody known has signed is told nothing', async (t: TestContext) => {
    await t.assert.rejects(topicsOf(settingsOf('PLAIN', { KAFKA_BROKERS: kafka.tls, KAFKA_TLS: 'on' })))
  })
})

import { type TestContext, test } from 'node:test'
import { EnvReader } from '../../config/env-reader.ts'
import { clientOptions } from '../../events/kafka/kafka-client.ts'
import { LiveSecrets } from '../../runtime/apply-config.ts'
import { loadProcessConfig } from '../../runtime/process-config.ts'
import { onlyPasswordDiffers } from '../../runtime/process-settings.ts'

const kafka = { EVENTS: 'kafka', KAFKA_BROKERS: 'one:9092', KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_USERNAME: 'user' }

function configWith(env: Record<string, string>) {
  return loadProcessConfig({ env: new EnvReader(env), services: [], contracts: [], isTerminal: false })
}

test('new connections to Kafka use a changed password', (t: TestContext) => {
  const secrets = new LiveSecrets(configWith({ ...kafka, KAFKA_PASSWORD: 'old' }))
  if (secrets.kafka === null) throw new Error('Kafka is configured')
  const { sasl } = clientOptions(secrets.kafka, 'test')
  t.assert.equal(sasl?.password(), 'old')
  secrets.rotate(configWith({ ...kafka, KAFKA_PASSWORD: 'new' }))
  t.assert.equal(sasl?.password(), 'new')
})

test('a database URL may change its password and nothing else', (t: TestContext) => {
  const url = 'postgres://user:old@host/parley?sslmode=require'
  t.assert.equal(onlyPasswordDiffers(url, url.replace('old', 'new')), true)
  t.assert.equal(onlyPasswordDiffers(url, url.replace('host', 'elsewhere')), false)
  t.assert.equal(onlyPasswordDiffers(url, url.replace('user:', 'other:')), false)
  t.assert.equal(onlyPasswordDiffers(url, url.replace('require', 'disable')), false)
  t.assert.equal(onlyPasswordDiffers(url, null), false)
  t.assert.equal(onlyPasswordDiffers('sqlite:./one', 'sqlite:./two'), false)

  const before = { ...configWith({}), storeUrls: { session: url } }
  const secrets = new LiveSecrets(before)
  secrets.rotate({ ...before, storeUrls: { session: url.replace('old', 'new') } })
  t.assert.equal(secrets.storeUrl('session'), url.replace('old', 'new'))
  secrets.rotate({ ...before, storeUrls: { session: url.replace('host', 'elsewhere') } })
  t.assert.equal(secrets.storeUrl('session'), url.replace('old', 'new'), 'the place it works with')
})

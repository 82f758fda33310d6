import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { contracts } from '@parley/catalog/contracts.ts'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { describeConfig } from '@parley/chassis/runtime/describe-config.ts'
import { loadProcessConfig } from '@parley/chassis/runtime/process-config.ts'
import { storeSettings } from '@parley/chassis/runtime/process-settings.ts'
import { services } from '../../apps/all-in-one/services.ts'
import { configReference } from '../../packages/cli/config/reference.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'

const page = 'docs/configuration.md'

test('the page of settings is the one that the definitions give', async (t: TestContext) => {
  const written = await readFile(`${repositoryFolder}${page}`, 'utf8')
  t.assert.ok(
    written === configReference(services, contracts),
    `${page} is out of date: npm run parley -- config reference > ${page}`,
  )
})

/** Read, and of no use, where there is no database. */
const storeNames = Object.values(storeSettings).map(({ name }) => name)

/** Between them, every branch that reads settings. */
const environments: readonly Record<string, string>[] = [
  {},
  { OPENAI_API_KEY: 'key', ANTHROPIC_API_KEY: 'key' },
  {
    EVENTS: 'kafka',
    KAFKA_BROKERS: 'broker:9092',
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_USERNAME: 'user',
    KAFKA_PASSWORD: 'password',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_TRACES_SAMPLER: 'traceidratio',
  },
  { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://zipkin:9411/api/v2/spans' },
]

test('whatever a process reads is described', (t: TestContext) => {
  for (const service of services) {
    const { name } = service.contract
    const others = contracts.filter((contract) => contract.name !== name)
    const urls = Object.fromEntries(others.map((each) => [`${each.name.toUpperCase()}_SERVICE_URL`, 'http://host:1']))
    const described = new Set(describeConfig(service, contracts).settings.map(({ setting }) => setting.name))
    for (const env of environments) {
      const reader = new EnvReader({ SERVICES: name, PARLEY_INTERNAL_SECRET: 'x'.repeat(32), ...urls, ...env })
      loadProcessConfig({ env: reader, services: [service], contracts, isTerminal: false })
      service.loadConfig(reader)
      t.assert.deepEqual(reader.problems, [], name)
      // A process reads the URL of every other service, needed or not.
      const read = [...reader.found.keys()].filter((variable) => !variable.endsWith('_SERVICE_URL'))
      const storeless = new Set(service.migrations === null ? storeNames : [])
      t.assert.deepEqual(
        read.filter((variable) => !described.has(variable) && !storeless.has(variable)),
        [],
        `${name} reads what is not described`,
      )
    }
  }
})

test('a setting says what it does, in a sentence', (t: TestContext) => {
  for (const service of services) {
    for (const { setting } of describeConfig(service, contracts).settings) {
      t.assert.match(setting.description, /^[A-Z].{10,}\.$/, setting.name)
      t.assert.match(setting.name, /^[A-Z][A-Z0-9_]*$/)
    }
  }
})

import { type TestContext, test } from 'node:test'
import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import { describeConfig } from '@parley/chassis/runtime/describe-config.ts'
import { readCompose } from './rendered.ts'

const files = ['all-in-one', 'split', 'observability'] as const
const secretNames = services.flatMap((service) =>
  describeConfig(service, contracts).settings.flatMap(({ setting }) => (setting.isSecret ? [setting.name] : [])),
)

for (const name of files) {
  const { services: containers } = readCompose(name)

  test(`${name}: no secret is spelled out, and images have a version`, (t: TestContext) => {
    for (const [container, { environment = {}, image }] of Object.entries(containers)) {
      t.assert.match(image, /:[^:]*\d[^:]*$/, container)
      for (const [variable, value] of Object.entries(environment)) {
        const isSecret = secretNames.includes(variable) || /PASSWORD$/.test(variable)
        t.assert.ok(!isSecret || value === `\${${variable}:-}`, `${container}: ${variable}`)
      }
    }
  })

  test(`${name}: containers may change nothing and are reached from this machine only`, (t: TestContext) => {
    for (const [container, options] of Object.entries(containers)) {
      t.assert.deepStrictEqual(options.cap_drop, ['ALL'], container)
      t.assert.deepStrictEqual(options.security_opt, ['no-new-privileges:true'], container)
      for (const port of options.ports ?? []) t.assert.match(port, /^127\.0\.0\.1:/, container)
    }
  })
}

test('each service starts after what it waits for, and nothing waits for itself', (t: TestContext) => {
  const { services: containers } = readCompose('split')
  const awaited = (name: string) => Object.keys(containers[name]?.depends_on ?? {})
  const started: string[] = []
  for (let rounds = 0; rounds < 10; rounds++) {
    for (const name of Object.keys(containers)) {
      if (!started.includes(name) && awaited(name).every((other) => started.includes(other))) started.push(name)
    }
  }
  t.assert.deepStrictEqual([...started].sort(), Object.keys(containers).sort())
  t.assert.ok(started.indexOf('gateway') > started.indexOf('response'))
  t.assert.deepStrictEqual(awaited('session'), ['postgres', 'kafka'])
  t.assert.deepStrictEqual(awaited('gpt'), [])
})

test('what waits for each other is both started, since Compose refuses a circle', (t: TestContext) => {
  const { services: containers } = readCompose('split')
  t.assert.ok(!('response' in containers['request'].depends_on))
  t.assert.ok(!('request' in containers['response'].depends_on))
})

test('only the door and the way to providers have a network with a way out', (t: TestContext) => {
  const { services: containers, networks } = readCompose('split')
  t.assert.strictEqual(networks.system.internal, true)
  const outside = Object.entries(containers).filter(([, { networks: joined }]) => 'outside' in joined)
  t.assert.deepStrictEqual(
    outside.map(([name]) => name),
    ['gateway', 'gpt'],
  )
})

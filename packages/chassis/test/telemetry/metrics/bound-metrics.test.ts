import { type TestContext, test } from 'node:test'
import { BoundCounter } from '@parley/chassis/telemetry/metrics/bound-counter.ts'
import { BoundHistogram } from '@parley/chassis/telemetry/metrics/bound-histogram.ts'
import { Histogram, Registry } from 'prom-client'

const buckets = [0.1, 1, 10]
const values = [0.05, 0.1, 0.5, 1, 2, 100]

test('a bound histogram writes what the library’s own would', async (t: TestContext) => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const described = { name: 'waits_seconds', help: 'Waits.', labelNames: ['place'] as const, buckets }
  const bound = new BoundHistogram({ ...described, registers: [ours] }).bind({ place: 'here' })
  const plain = new Histogram({ ...described, labelNames: ['place'], registers: [theirs] })
  for (const value of values) {
    bound.observe(value)
    plain.observe({ place: 'here' }, value)
  }
  t.assert.strictEqual(await ours.metrics(), await theirs.metrics())
  t.assert.deepStrictEqual(
    (await ours.getMetricsAsJSON()).map(({ name, type }) => ({ name, type })),
    (await theirs.getMetricsAsJSON()).map(({ name, type }) => ({ name, type })),
  )
})

test('a series in which nothing was observed is not written', async (t: TestContext) => {
  const registry = new Registry()
  new BoundHistogram({
    name: 'waits_seconds',
    help: 'Waits.',
    labelNames: ['place'],
    buckets,
    registers: [registry],
  }).bind({
    place: 'here',
  })
  t.assert.doesNotMatch(await registry.metrics(), /^waits_seconds_/m)
})

test('a bound counter counts into one series however often it is bound', async (t: TestContext) => {
  const registry = new Registry()
  const counter = new BoundCounter({
    name: 'things_total',
    help: 'Things.',
    labelNames: ['kind'],
    registers: [registry],
  })
  counter.bind({ kind: 'a' }).add(2)
  counter.bind({ kind: 'a' }).add(3)
  const { b } = counter.bindEach(['b', 'c'], (kind) => ({ kind }))
  b.add(1)
  const text = await registry.metrics()
  t.assert.match(text, /^things_total\{kind="a"\} 5$/m)
  t.assert.match(text, /^things_total\{kind="b"\} 1$/m)
  t.assert.match(text, /^things_total\{kind="c"\} 0$/m)
})

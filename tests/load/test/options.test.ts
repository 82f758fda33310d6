import { type TestContext, test } from 'node:test'
import { readOptions } from '../options.ts'

test('without options, a run has its own Parley and all workloads', (t: TestContext) => {
  const { running, topology, workloads, withinSeconds, peak } = readOptions(['soak'])
  t.assert.deepStrictEqual(
    { running, topology, workloads, withinSeconds, peak },
    { running: null, topology: 'one', workloads: ['json', 'streaming', 'sessions'], withinSeconds: 3_600, peak: 8 },
  )
})

test('a Parley that runs already is named by its address', (t: TestContext) => {
  const { running } = readOptions(['smoke', '--url', 'http://parley:8000/', '--key', 'parley-key'])
  t.assert.deepStrictEqual(running, { url: 'http://parley:8000', key: 'parley-key', model: 'simulated' })
})

test('what cannot be run is refused with what can', (t: TestContext) => {
  t.assert.throws(() => readOptions([]), /what to run must be one of: smoke, load/)
  t.assert.throws(() => readOptions(['load', '--workload', 'json,videos']), /--workload must be one of: json/)
  t.assert.throws(() => readOptions(['load', '--within', 'long']), /--within must be a whole number/)
})

import { type TestContext, test } from 'node:test'
import { parseOptions, WORKLOADS } from '../options.ts'

test('without options everything is measured, with the peer', (t: TestContext) => {
  const options = parseOptions([])
  t.assert.deepEqual([...options.workloads], [...WORKLOADS])
  t.assert.equal(options.peer, 'portkey')
  t.assert.equal(options.durations.rounds, 3)
})

test('a quick run leaves out what takes long, unless it is asked for', (t: TestContext) => {
  t.assert.deepEqual(
    WORKLOADS.filter((workload) => !parseOptions(['--quick']).workloads.has(workload)),
    ['stores', 'tracing'],
  )
  t.assert.deepEqual([...parseOptions(['--quick', '--only', 'stores']).workloads], ['stores'])
})

test('a list of workloads, the number of rounds and the absence of the peer are taken', (t: TestContext) => {
  const options = parseOptions(['--quick', '--only', 'json,paced', '--rounds', '2', '--peer', 'none'])
  t.assert.deepEqual([...options.workloads], ['json', 'paced'])
  t.assert.equal(options.durations.rounds, 2)
  t.assert.equal(options.peer, 'none')
})

test('options that make no sense are refused by name', (t: TestContext) => {
  t.assert.throws(() => parseOptions(['--only', 'json,nothing']), /--only/)
  t.assert.throws(() => parseOptions(['--rounds', '0']), /--rounds/)
  t.assert.throws(() => parseOptions(['--peer', 'another']), /--peer/)
  t.assert.throws(() => parseOptions(['--unknown']), /unknown/)
})

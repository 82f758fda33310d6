import { describe, type TestContext, test } from 'node:test'
import { crashPointNames } from '../faults/crash-point.ts'
import { allPairs, faultKinds, planFaults, type ScheduleOptions } from '../faults/schedule.ts'
import { readOptions } from '../options.ts'
import { createRandom } from '../random.ts'
import { planTopology, serviceNames } from '../rig/topology.ts'

const options = (seed: number): ScheduleOptions => ({
  topology: 'split',
  store: 'postgres',
  random: createRandom(seed),
  kills: 40,
  kinds: faultKinds,
  pairs: allPairs(createRandom(seed), serviceNames).slice(0, 20),
  others: null,
})

describe('the schedule of faults', () => {
  test('one seed gives one schedule, another seed another', (t: TestContext) => {
    t.assert.deepEqual(planFaults(options(1)), planFaults(options(1)))
    t.assert.notDeepEqual(planFaults(options(1)), planFaults(options(2)))
  })

  test('it has as many kills as asked for, and every other kind', (t: TestContext) => {
    const planned = planFaults(options(3))
    const kinds = Map.groupBy(planned, ({ kind }) => kind)
    const kills = ['kill', 'point', 'fsync'].reduce((sum, kind) => sum + (kinds.get(kind as 'kill')?.length ?? 0), 0)
    t.assert.equal(kills, 40)
    for (const kind of faultKinds) t.assert.ok(kinds.has(kind), kind)
  })

  test('every crash point is paired with every service', (t: TestContext) => {
    const pairs = allPairs(createRandom(1), serviceNames)
    t.assert.equal(new Set(pairs.map(({ point, service }) => `${point} ${service}`)).size, pairs.length)
    t.assert.equal(pairs.length, crashPointNames.length * serviceNames.length)
  })

  test('what cannot be run is refused in words', (t: TestContext) => {
    t.assert.throws(() => readOptions(['--topology', 'circle'], () => 0), /--topology does not know circle/)
    t.assert.throws(() => readOptions(['--kills', '1.5'], () => 0), /--kills must be/)
    t.assert.equal(readOptions(['--long'], () => 5).seed, 5)
  })
})

describe('a topology', () => {
  test('every service is called through the proxy of the process that runs it', (t: TestContext) => {
    const { processes } = planTopology('extract:gpt', { basePort: 100, proxyPortOf: (name) => name.length })
    const [rest, gpt] = processes
    t.assert.equal(rest?.env['GPT_SERVICE_URL'], 'http://127.0.0.1:3')
    t.assert.equal(gpt?.env['RESPONSE_SERVICE_URL'], 'http://127.0.0.1:4')
    t.assert.equal(gpt?.env['SERVICES'], 'gpt')
  })

  test('a second process of a service is called by nobody', (t: TestContext) => {
    const { processes } = planTopology('replicated', { basePort: 100, proxyPortOf: (name) => name.length })
    const second = processes.find(({ name }) => name === 'response-2')
    t.assert.equal(second?.env['RESPONSE_SERVICE_URL'], undefined)
    t.assert.ok(processes.every(({ env }) => env['RESPONSE_SERVICE_URL'] !== `http://127.0.0.1:${'response-2'.length}`))
  })
})

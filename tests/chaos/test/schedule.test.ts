import { describe, type TestContext, test } from 'node:test'
import { crashPointNames } from '../faults/crash-point.ts'
import {
  allPairs,
  faultKinds,
  isKilling,
  type PlannedFault,
  planFaults,
  type ScheduleOptions,
} from '../faults/schedule.ts'
import { readOptions } from '../options.ts'
import { createRandom } from '../random.ts'
import { type ChaosTopology, chaosTopologies, planTopology, serviceNames } from '../rig/topology.ts'
import { storeKinds, transportKinds } from '../run/combination.ts'
import { planPairs, planRun } from '../run/plan-run.ts'
import { coverageOf, pairsLeft } from '../run/report.ts'

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

describe('pairs of a crash point and a service', () => {
  const everySystem = (topologies: readonly ChaosTopology[]) =>
    topologies.flatMap((topology) =>
      storeKinds.flatMap((store) => transportKinds.map((transport) => ({ topology, store, transport }))),
    )

  const everywhere = ['--topology', chaosTopologies.join()]
  const many = ['--kills', '500', '--minutes', '45']
  for (const words of [['--long'], many, [...many, ...everywhere]]) {
    test(`each has its turn with ${words.join(' ')}, whatever the seed`, (t: TestContext) => {
      for (let seed = 0; seed < 50; seed++) {
        const { topologies, kills, faults, others } = readOptions([...words, '--seed', String(seed)], () => 0)
        const systems = everySystem(topologies)
        const plan = { seed, kills: Math.ceil(kills / systems.length), kinds: faults, others, pairs: null }
        const injected = systems.flatMap((system) => planRun(system, plan).map((fault) => injectedAs(fault, 'struck')))
        t.assert.deepEqual(pairsLeft([{ injected }]), [], `seed ${seed}`)
      }
    })
  }

  test('those that were not met are named, and have another turn where their service is alone', (t: TestContext) => {
    const pair = { point: 'before-turn', service: 'session' } as const
    const missed = [injectedAs({ kind: 'point', pauseMs: 1, point: pair.point, process: 'session' }, 'missed')]
    t.assert.match(coverageOf([{ injected: missed }]).join('\n'), /0 of 70 pairs.*there$/)
    const others = crashPointNames.flatMap((point) =>
      serviceNames.map((process) => injectedAs({ kind: 'point', pauseMs: 1, point, process }, 'struck')),
    )
    const most = others.filter(({ point, process }) => point !== pair.point || process !== pair.service)
    t.assert.match(
      coverageOf([{ injected: [...missed, ...most] }]).join('\n'),
      /69 of 70 pairs.*\nnot met: before-turn\/session$/,
    )
    const systems = everySystem(['one', 'extract:gpt', 'extract:session'])
    const next = planPairs(systems, [pair, { point: 'after-call', service: 'request' }], 0)
    t.assert.equal(next?.combination.topology, 'extract:session')
    t.assert.deepEqual(next?.pairs, [pair])
    t.assert.equal(planPairs(everySystem(['one']), [pair], 0), null)
  })

  test('they can be asked for', (t: TestContext) => {
    const { pairs } = readOptions(['--pairs', 'before-turn/session,after-call/gpt'], () => 0)
    t.assert.deepEqual(pairs, [
      { point: 'before-turn', service: 'session' },
      { point: 'after-call', service: 'gpt' },
    ])
    t.assert.throws(() => readOptions(['--pairs', 'before-turn/nobody'], () => 0), /--pairs does not know/)
  })
})

function injectedAs(fault: PlannedFault, outcome: 'struck' | 'missed') {
  const { kind } = fault
  const at = kind === 'point' ? { point: fault.point, process: fault.process } : { point: null, process: null }
  return { ...at, kind, outcome, killed: outcome === 'struck' && isKilling(kind) }
}

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

import { type TestContext, test } from 'node:test'
import { planOf } from '../../deploy/deployments.ts'
import { stronglyConnected } from '../../deploy/graph.ts'
import type { PlannedProcess } from '../../deploy/plan.ts'
import { describeSystem } from '../../deploy/system.ts'
import { parseTopology } from '../../deploy/topology.ts'
import { verifyProcess } from '../../deploy/verify-plan.ts'

const system = describeSystem()
const five = ['gateway', 'session', 'request', 'response', 'gpt']
/** A service that was added to the system runs by itself. */
const others = system.map(({ name }) => name).filter((name) => !five.includes(name))
const grouped = ['gateway', 'session', 'request+response', 'gpt', ...others].join(';')

function processes(topology: string, platform: 'compose' | 'kubernetes' = 'kubernetes'): readonly PlannedProcess[] {
  return planOf(platform, topology, { version: '0.1.0', system }).plan.processes
}

function processOf(topology: string, name: string): PlannedProcess {
  const found = processes(topology).find((process) => process.name === name)
  if (found === undefined) throw new Error(`${topology} has no process ${name}`)
  return found
}

function variableOf({ variables }: PlannedProcess, name: string): string | undefined {
  const found = variables.find((variable) => variable.name === name)
  return found !== undefined && 'value' in found ? found.value : undefined
}

test('groups say which services share a process', (t: TestContext) => {
  t.assert.deepStrictEqual(
    processes(grouped)
      .slice(0, 4)
      .map(({ name, image }) => [name, image]),
    [
      ['gateway', 'parley/gateway'],
      ['session', 'parley/session'],
      ['request-response', 'parley/all-in-one'],
      ['gpt', 'parley/gpt'],
    ],
  )
})

test('a service that is missing, unknown or named twice is told in words', (t: TestContext) => {
  t.assert.throws(
    () => parseTopology('gateway;session+session;absent;gpt', system),
    (error: Error) => {
      t.assert.match(error.message, /there is no service 'absent'/)
      t.assert.match(error.message, /request is missing/)
      t.assert.match(error.message, /session is named twice/)
      return true
    },
  )
})

test('a process knows the addresses of the services that run elsewhere, and of no others', (t: TestContext) => {
  const process = processOf(grouped, 'request-response')
  t.assert.strictEqual(variableOf(process, 'SERVICES'), 'request,response')
  t.assert.strictEqual(variableOf(process, 'SESSION_SERVICE_URL'), 'dns://session:8002')
  t.assert.strictEqual(variableOf(process, 'RESPONSE_SERVICE_URL'), undefined)
  const gateway = processOf(grouped, 'gateway')
  t.assert.strictEqual(variableOf(gateway, 'REQUEST_SERVICE_URL'), 'dns://request:8010')
  t.assert.strictEqual(variableOf(gateway, 'RESPONSE_SERVICE_URL'), 'dns://response:8010')
})

test('in one process there is nothing to call and no secret to share', (t: TestContext) => {
  const process = processOf('all-in-one', 'all-in-one')
  t.assert.strictEqual(process.internalPort, null)
  t.assert.deepStrictEqual(process.reaches, [])
  t.assert.ok(!process.variables.some(({ name }) => name === 'PARLEY_INTERNAL_SECRET'))
})

test('processes that wait for each other are told apart from those that only wait', (t: TestContext) => {
  const { waitsFor } = processOf('production', 'response')
  t.assert.deepStrictEqual(
    waitsFor.filter((name) => five.includes(name)),
    ['session', 'gpt'],
  )
  t.assert.ok(processOf('production', 'response').waitsMutually)
  t.assert.ok(!processOf('production', 'gateway').waitsMutually)
  t.assert.deepStrictEqual(
    stronglyConnected(['a', 'b', 'c'], (node) => ({ a: ['b'], b: ['c'], c: ['b'] })[node] ?? []),
    [['a'], ['b', 'c']],
  )
})

test('a process that would refuse to start, or is told what it does not read, is refused', (t: TestContext) => {
  const process = processOf('split', 'response')
  const without = { ...process, variables: process.variables.filter(({ name }) => name !== 'GPT_SERVICE_URL') }
  t.assert.throws(() => verifyProcess(without, system, {}), /response: GPT_SERVICE_URL is missing/)
  const more = { ...process, variables: [...process.variables, { name: 'GATEWAY_KEEP_ALIVE_MS', value: '1000' }] }
  t.assert.throws(() => verifyProcess(more, system, {}), /response: GATEWAY_KEEP_ALIVE_MS is set, and nothing reads it/)
})

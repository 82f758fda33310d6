import { describe, type TestContext, test } from 'node:test'
import { call, defineContract } from '@parley/chassis/contract/define-contract.ts'
import { failureOf } from '@parley/testkit/failure.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { Type } from 'typebox'
import { noDnsServer, startDnsServer } from '../harness/dns-server.ts'
import { startCaller, startInstance } from './instances.ts'

const service = '_http._tcp.echo.test'

describe('instances in DNS', { skip: noDnsServer }, () => {
  test('SRV: one that is added gets calls, one that is taken out gets none', async (t: TestContext) => {
    await using one = await startInstance('one')
    await using two = await startInstance('two')
    const records = (...instances: { port: number }[]) => ({
      addresses: { 'node.test': ['127.0.0.1'] },
      services: { [service]: instances.map(({ port }) => ({ target: 'node.test', port })) },
    })
    await using dns = await startDnsServer(records(one))
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await caller.untilAnswered(['one'])
    await dns.setRecords(records(one, two))
    await caller.untilAnswered(['one', 'two'])
    await dns.setRecords(records(two))
    await caller.untilAnswered(['two'])
    const before = one.calls
    await caller.whoAll()
    t.assert.equal(one.calls, before)
  })

  test('SRV: only the first priority is used', async (t: TestContext) => {
    await using one = await startInstance('one')
    await using spare = await startInstance('spare')
    await using dns = await startDnsServer({
      addresses: { 'node.test': ['127.0.0.1'] },
      services: {
        [service]: [
          { target: 'node.test', port: one.port, priority: 1 },
          { target: 'node.test', port: spare.port, priority: 2 },
        ],
      },
    })
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await caller.untilAnswered(['one'])
    t.assert.equal(spare.calls, 0)
  })

  test('A: every address of the name is an instance, found within the search domains', async () => {
    await using one = await startInstance('one', { host: '127.0.0.2' })
    await using _two = await startInstance('two', { host: '127.0.0.3', port: one.port })
    await using dns = await startDnsServer({ addresses: { 'echo.test': ['127.0.0.2', '127.0.0.3'] } })
    const options = { dnsServers: [dns.address], dnsSearch: ['else.test', 'test'] }
    await using caller = startCaller(`dns://echo:${one.port}`, options)
    await caller.untilAnswered(['one', 'two'])
    await dns.setRecords({ addresses: { 'echo.test': ['127.0.0.3'] } })
    await caller.untilAnswered(['two'])
  })

  test('a name server that is down changes nothing, and what is new is found once it is back', async (t: TestContext) => {
    await using one = await startInstance('one')
    await using two = await startInstance('two')
    const records = (...instances: { port: number }[]) => ({
      addresses: { 'node.test': ['127.0.0.1'] },
      services: { [service]: instances.map(({ port }) => ({ target: 'node.test', port })) },
    })
    await using dns = await startDnsServer(records(one))
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await caller.untilAnswered(['one'])
    await dns.stop()
    await waitUntil(() => caller.set.failures >= 2, { timeoutMs: 60_000, what: 'failures to resolve' })
    t.assert.deepEqual(await caller.whoAll(), ['one'])
    t.assert.deepEqual(caller.set.notReady(), [])
    t.assert.equal(caller.lines.filter((line) => line.includes('cannot be found out')).length, 1)
    await dns.setRecords(records(one, two))
    await caller.untilAnswered(['one', 'two'])
  })

  test('a name without any instance is unavailable, in words', async (t: TestContext) => {
    await using dns = await startDnsServer({})
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await waitUntil(() => /names no instance/.test(caller.set.notReady().join()), { what: 'the answer' })
    t.assert.deepEqual(caller.set.notReady(), [`echo cannot be reached: dns+srv://${service} names no instance`])
    const failure = await failureOf(caller.addOnce())
    t.assert.equal(failure.kind, 'unavailable')
    t.assert.match(String(failure.cause), /names no instance/)
  })

  test('an instance with another contract gets no call, and the log says why', async (t: TestContext) => {
    const Other = defineContract('echo', {
      version: '2.0',
      calls: { who: call({ http: 'GET /who', in: Type.Object({}), out: Type.Object({}), effect: 'read' }) },
      events: {},
    })
    await using one = await startInstance('one')
    await using other = await startInstance('other', { contract: Other })
    await using dns = await startDnsServer({
      addresses: { 'node.test': ['127.0.0.1'] },
      services: { [service]: [one, other].map(({ port }) => ({ target: 'node.test', port })) },
    })
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await caller.untilAnswered(['one'])
    await waitUntil(() => caller.set.shown.some(({ state }) => state === 'unfit'), { what: 'the comparison' })
    await caller.whoAll()
    t.assert.equal(other.calls, 0)
    t.assert.match(caller.lines.join(), /it speaks version 2\.0, this process 1\.0.*contract does not fit/)
  })

  test('an instance that dies is gone around: no call fails that may be repeated, and then none at all', async (t: TestContext) => {
    await using one = await startInstance('one')
    await using two = await startInstance('two')
    await using dns = await startDnsServer({
      addresses: { 'node.test': ['127.0.0.1'] },
      services: { [service]: [one, two].map(({ port }) => ({ target: 'node.test', port })) },
    })
    await using caller = startCaller(`dns+srv://${service}`, { dnsServers: [dns.address] })
    await caller.untilAnswered(['one', 'two'])
    await one[Symbol.asyncDispose]()
    const names = await Promise.all(Array.from({ length: 100 }, () => caller.who()))
    t.assert.deepEqual([...new Set(names)], ['two'])
    const once = await Promise.all(Array.from({ length: 100 }, () => caller.addOnce()))
    t.assert.deepEqual([...new Set(once)], ['two'])
    t.assert.equal(caller.set.shown.filter(({ state }) => state === 'ejected').length, 1)
    await using _again = await startInstance('one again', { port: one.port })
    await caller.untilAnswered(['one again', 'two'])
  })
})

test('an address that names its instances needs nobody to ask', async () => {
  await using one = await startInstance('one')
  await using two = await startInstance('two')
  await using caller = startCaller(`http://127.0.0.1:${one.port},http://127.0.0.1:${two.port}`)
  await caller.untilAnswered(['one', 'two'])
})

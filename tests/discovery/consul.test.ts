import { after, before, describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { type ConsulAgent, noConsul, startConsulAgent } from './consul-agent.ts'
import { startCaller, startInstance } from './instances.ts'

/** How soon an instance that turned critical has to be left alone. */
const noticedMs = 1_000

describe('instances in Consul', { skip: noConsul }, () => {
  let agent: ConsulAgent
  before(async () => {
    agent = await startConsulAgent()
  })
  after(() => agent.stop())

  test('one that turns critical gets no call within a second, and gets them again when it passes', async (t: TestContext) => {
    await using one = await startInstance('one')
    await using two = await startInstance('two')
    await agent.register('turning', { id: 'turning-1', port: one.port })
    await agent.register('turning', { id: 'turning-2', port: two.port })
    await using caller = startCaller(`consul://${agent.address}/turning`, { consulToken: agent.token })
    await caller.untilAnswered(['one', 'two'])
    await agent.setHealth('turning-1', 'critical')
    await waitUntil(() => caller.set.shown.length === 1, { timeoutMs: noticedMs, what: 'the change' })
    const before = one.calls
    await caller.whoAll()
    t.assert.equal(one.calls, before)
    await agent.setHealth('turning-1', 'passing')
    await caller.untilAnswered(['one', 'two'])
  })

  test('one that is registered gets calls, one that is taken out gets none', async () => {
    await using one = await startInstance('one')
    await using two = await startInstance('two')
    await agent.register('coming', { id: 'coming-1', port: one.port })
    await using caller = startCaller(`consul://${agent.address}/coming`, { consulToken: agent.token })
    await caller.untilAnswered(['one'])
    await agent.register('coming', { id: 'coming-2', port: two.port })
    await caller.untilAnswered(['one', 'two'])
    await agent.deregister('coming-1')
    await caller.untilAnswered(['two'])
  })

  test('a service that nobody has registered is unavailable, in words', async (t: TestContext) => {
    await using caller = startCaller(`consul://${agent.address}/absent`, { consulToken: agent.token })
    await waitUntil(() => /names no instance/.test(caller.set.notReady().join()), {
      timeoutMs: 10_000,
      what: 'the answer',
    })
    t.assert.match(
      caller.set.notReady().join(),
      /^echo cannot be reached: consul:\/\/127\.0\.0\.1:\d+\/absent names no/,
    )
  })

  test('Consul answers as a name server, too', async () => {
    await using one = await startInstance('one')
    await agent.register('named', { id: 'named-1', port: one.port })
    await using caller = startCaller('dns+srv://named.service.consul', { dnsServers: [agent.dnsAddress] })
    await caller.untilAnswered(['one'])
  })

  test('an agent that dies changes nothing', async (t: TestContext) => {
    await using own = await startConsulAgent()
    await using one = await startInstance('one')
    await own.register('lasting', { id: 'lasting-1', port: one.port })
    await using caller = startCaller(`consul://${own.address}/lasting`, { consulToken: own.token })
    await caller.untilAnswered(['one'])
    await own.stop()
    await waitUntil(() => caller.set.failures >= 2, { timeoutMs: 60_000, what: 'failures to ask' })
    t.assert.deepEqual(await caller.whoAll(), ['one'])
  })
})

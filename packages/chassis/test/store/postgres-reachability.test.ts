import { type TestContext, test } from 'node:test'
import { PostgresReachability } from '@parley/chassis/store/postgres-reachability.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { waitUntil } from '@parley/testkit/latch.ts'

function startServer() {
  const server = { nowMs: 0, asked: 0, failure: null as Error | null }
  const reachability = new PostgresReachability({
    nowMs: () => server.nowMs,
    async ask() {
      server.asked++
      if (server.failure !== null) throw server.failure
    },
  })
  /** One look, and the answer to what it asked. */
  const look = async () => {
    const { asked } = server
    reachability.reason()
    await waitUntil(() => server.asked > asked)
    return reachability.reason()
  }
  return { server, reachability, look }
}

test('a server that cannot be asked is told with its reason, until it answers again', async (t: TestContext) => {
  const { server, look } = startServer()
  t.assert.strictEqual(await look(), null)
  server.failure = new AppError('STORE_UNAVAILABLE', 'Not now.', { cause: new Error('connect ECONNREFUSED') })
  server.nowMs += 3_000
  t.assert.strictEqual(await look(), 'cannot be used: connect ECONNREFUSED')
  server.failure = null
  server.nowMs += 3_000
  t.assert.strictEqual(await look(), null)
})

test('however often it is looked at, the server is asked every two seconds at most', async (t: TestContext) => {
  const { server, reachability, look } = startServer()
  await look()
  for (let looks = 0; looks < 100; looks++) reachability.reason()
  t.assert.strictEqual(server.asked, 1)
})

test('a pool that is busy is no reason', async (t: TestContext) => {
  const { server, look } = startServer()
  server.failure = new AppError('OVERLOADED', 'Too many reads and writes are waiting.')
  t.assert.strictEqual(await look(), null)
})

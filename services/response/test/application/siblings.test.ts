import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { sweepEveryMs } from '../../application/sweep-responses.ts'
import {
  attemptsOf,
  collect,
  createWorld,
  endOf,
  failsWith,
  rowOf,
  startProcess,
  tenantA,
  tenantB,
  textOf,
  untilMoving,
} from '../harness.ts'
import { stallingSteps, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

/** Two processes that run responses on one database and can reach each other. */
async function startTwo(t: TestContext) {
  const world = await createWorld(t)
  const one = startProcess(world, { name: 'runner-0/a', url: 'http://one' })
  const other = startProcess(world, { name: 'runner-1/b', url: 'http://other' })
  await one.start()
  await other.start()
  return { world, one, other }
}

test('a plain response is told by the process that runs it, whichever is asked', async (t: TestContext) => {
  const { one, other } = await startTwo(t)
  const responseId = await one.submit()
  const frames = await collect(other.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual(endOf(frames).status, 'completed')
  t.assert.strictEqual(textOf(frames), 'Hello world')
})

test('a stored response is followed live from another process, and from the log when that one dies', async (t: TestContext) => {
  const { world, one, other } = await startTwo(t)
  world.neighbours.script = () => stallingSteps(['Hel', 'lo'])
  const responseId = await one.submit({ store: true })
  const reader = other.follow(tenantA, { responseId, ...all })
  const seen: number[] = []
  while (seen.length < 4) {
    const { value } = await reader.next()
    if (value !== undefined) seen.push(value.seq)
  }
  t.assert.deepStrictEqual(seen, [0, 1, 2, 3])
  one.kill()
  await waitUntil(() => one.running() === 0)
  world.reachable.delete('http://one')
  world.neighbours.script = () => textSteps(['again'])
  const heir = startProcess(world, { name: 'runner-0/c', url: 'http://three' })
  await heir.start()
  const rest = await collect(other.follow(tenantA, { responseId, after: 3, waitMs: 0 }))
  t.assert.deepStrictEqual(
    rest.map(({ seq, step }) => `${seq} ${step.type}`),
    ['4 item-end', '5 response-end'],
  )
})

test('a follower that leaves another process stops a plain run there', async (t: TestContext) => {
  const { world, one, other } = await startTwo(t)
  world.neighbours.script = () => stallingSteps(['Hel'])
  const responseId = await one.submit()
  const reader = other.follow(tenantA, { responseId, ...all })
  await reader.next()
  await reader.return?.()
  await waitUntil(() => one.running() === 0)
  t.assert.strictEqual(world.settled[0]?.status, 'cancelled')
})

test("another tenant's response is not found in any process", async (t: TestContext) => {
  const { one, other } = await startTwo(t)
  const responseId = await one.submit({ store: true })
  const reader = other.follow(tenantB, { responseId, after: -1, waitMs: 0 })
  await t.assert.rejects(collect(reader), failsWith('RESPONSE_NOT_FOUND'))
})

test('runs of a process that is gone are taken up at once, those of a silent one only after their lease', async (t: TestContext) => {
  const { world, one, other } = await startTwo(t)
  world.neighbours.script = () => stallingSteps([])
  const responseId = await one.submit({ store: true })
  await waitUntil(() => world.neighbours.generations.length === 1)
  one.kill()
  world.neighbours.script = () => textSteps(['again'])
  world.clock.advance(sweepEveryMs)
  await waitUntil(async () => (await other.responses.listOwners()).length === 1)
  t.assert.deepStrictEqual(await other.responses.listOwners(), ['runner-0/a'])
  world.vacant.add('runner-0/a')
  await untilMoving(world, async () => (await rowOf(world, responseId)).status === 'completed', 'the takeover')
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
})

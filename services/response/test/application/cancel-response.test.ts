import { type TestContext, test } from 'node:test'
import { createLatch } from '@parley/testkit/latch.ts'
import { collect, createWorld, endOf, startProcess, tenantA, untilMoving } from '../harness.ts'
import { sessionId, stallingSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('a running response is cancelled at once and keeps what it had', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps(['Hello'])
  const responseId = await process.submit({ store: true })
  const follower = process.follow(tenantA, { responseId, ...all })
  for (let frame = await follower.next(); frame.value?.step.type !== 'text-delta'; ) frame = await follower.next()
  const response = await process.cancel(tenantA, { responseId })
  t.assert.strictEqual(response.status, 'cancelled')
  t.assert.strictEqual(response.output.length, 1)
  t.assert.strictEqual(endOf(await collect(follower)).status, 'cancelled')
  t.assert.deepStrictEqual(await process.cancel(tenantA, { responseId }), response)
  t.assert.strictEqual(world.settled.length, 1)
})

test('cancelling a response that has ended changes nothing', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ store: true })
  await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual((await process.cancel(tenantA, { responseId })).status, 'completed')
  t.assert.strictEqual(world.settled.length, 1)
})

test('a queued response is cancelled without being run', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world, { runsMax: 1 })
  const running = createLatch()
  world.neighbours.script = () => {
    running.open()
    return stallingSteps(['Hello'])
  }
  const first = await process.submit({ store: true })
  await running.wait()
  const responseId = await process.submit({ store: true, sessionId })
  t.assert.strictEqual((await process.getResponse(tenantA, { responseId })).status, 'queued')
  const response = await process.cancel(tenantA, { responseId })
  t.assert.deepStrictEqual([response.status, response.attempt], ['cancelled', 0])
  t.assert.deepStrictEqual(response.metadata, {})
  t.assert.deepStrictEqual(world.neighbours.abandoned, [responseId])
  const frames = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(
    frames.map(({ seq, step }) => `${seq} ${step.type}`),
    ['0 response-start', '1 response-end'],
  )
  t.assert.strictEqual(world.neighbours.generations.length, 1)
  await process.cancel(tenantA, { responseId: first })
})

test('a response that runs in another process is cancelled through the store', async (t: TestContext) => {
  const world = await createWorld(t)
  const runner = startProcess(world)
  const other = startProcess(world, { name: 'runner-1/b' })
  const running = createLatch()
  world.neighbours.script = () => {
    running.open()
    return stallingSteps(['Hello'])
  }
  const responseId = await runner.submit({ store: true })
  await running.wait()
  let status: string | null = null
  const cancelling = other.cancel(tenantA, { responseId }).then((response) => {
    status = response.status
  })
  const startedAtMs = world.clock.monotonicMs()
  await untilMoving(world, () => status !== null, 'the cancellation')
  await cancelling
  t.assert.strictEqual(status, 'cancelled')
  t.assert.ok(world.clock.monotonicMs() - startedAtMs <= 2_000)
  t.assert.strictEqual(runner.running(), 0)
})

test('a response can be deleted while it runs', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps(['Hello'])
  const responseId = await process.submit({ store: true })
  await process.deleteResponse(tenantA, { responseId })
  t.assert.strictEqual(world.settled[0]?.status, 'cancelled')
  t.assert.strictEqual(process.running(), 0)
})

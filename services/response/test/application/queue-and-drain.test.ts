import { type TestContext, test } from 'node:test'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import { collect, createWorld, rowOf, startProcess, tenantA, textOf } from '../harness.ts'
import { generationEnd, input, stallingSteps, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('what waits in the queue is run as slots become free, in order', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world, { runsMax: 2 })
  const gate = createLatch()
  world.neighbours.script = async function* () {
    await gate.wait()
    yield generationEnd()
  }
  const ids: string[] = []
  for (let count = 0; count < 10; count++) ids.push(await process.submit({ store: true }))
  await waitUntil(() => world.neighbours.generations.length === 2)
  t.assert.strictEqual((await rowOf(world, ids[5] ?? '')).status, 'queued')
  gate.open()
  await waitUntil(() => world.settled.length === 10)
  t.assert.deepStrictEqual(new Set(world.settled.map(({ responseId }) => responseId)), new Set(ids))
  t.assert.strictEqual(world.neighbours.generations.length, 10)
})

test('draining waits for what runs and leaves new work to others', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const gate = createLatch()
  world.neighbours.script = async function* () {
    await gate.wait()
    yield generationEnd()
  }
  await process.submit({ store: true })
  await waitUntil(() => world.neighbours.generations.length === 1)
  const drained = process.drain(new AbortController().signal)
  const late = await process.submit({ store: true })
  t.assert.strictEqual((await rowOf(world, late)).status, 'queued')
  gate.open()
  await drained
  t.assert.strictEqual(world.settled.length, 1)
  const other = startProcess(world, { name: 'runner-1/b' })
  await other.start()
  await waitUntil(() => world.settled.length === 2)
})

test('a drain that may not wait ends what was delivered and hands on what was not', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = ({ items }) => stallingSteps(items.length > 1 ? ['Hello'] : [])
  const [message] = input.items
  if (message === undefined) throw new Error('there is an input')
  const silent = await process.submit({ store: true })
  const talking = await process.submit({ store: true, items: [message, message] })
  await waitUntil(async () => (await process.log.count(null, talking)) === 3)
  await waitUntil(async () => (await process.log.count(null, silent)) === 1)
  await process.drain(AbortSignal.abort())
  t.assert.deepStrictEqual(
    world.settled.map(({ responseId, status }) => [responseId, status]),
    [[talking, 'incomplete']],
  )
  world.neighbours.script = () => textSteps(['Hello'])
  const other = startProcess(world, { name: 'runner-1/b' })
  await other.start()
  t.assert.strictEqual(textOf(await collect(other.follow(tenantA, { responseId: silent, ...all }))), 'Hello')
})

import { type TestContext, test } from 'node:test'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import {
  collect,
  createWorld,
  failsWith,
  lapseLeases,
  rowOf,
  startProcess,
  tenantA,
  textOf,
  untilMoving,
} from '../harness.ts'
import { generationEnd, itemStart, stallingSteps, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('a zombie that wakes up after a takeover cannot write, deliver or settle', async (t: TestContext) => {
  const world = await createWorld(t)
  const zombie = startProcess(world)
  const awake = createLatch()
  world.neighbours.script = async function* () {
    await awake.wait()
    yield* textSteps(['zombie'])
  }
  const responseId = await zombie.submit({ store: true })
  await waitUntil(async () => (await zombie.log.count(null, responseId)) === 1)
  const watching = zombie.follow(tenantA, { responseId, ...all })
  await watching.next()

  await lapseLeases(world)
  world.neighbours.script = () => textSteps(['heir'])
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  t.assert.strictEqual(textOf(await collect(heir.follow(tenantA, { responseId, ...all }))), 'heir')

  awake.open()
  await waitUntil(() => zombie.running() === 0)
  t.assert.strictEqual(textOf(await heir.log.read(null, responseId, -1)), 'heir')
  t.assert.strictEqual(world.settled.length, 1)
  t.assert.strictEqual((await rowOf(world, responseId)).attempt, 2)
  // Its follower is led to what the heir has written.
  let seen: string | null = null
  const following = collect(watching).then((frames) => {
    seen = textOf(frames)
  })
  await untilMoving(world, () => seen !== null, 'the end of the zombie follower')
  await following
  t.assert.strictEqual(seen, 'heir')
})

test('a plain zombie does not tell its follower that it succeeded', async (t: TestContext) => {
  const world = await createWorld(t)
  const zombie = startProcess(world)
  const awake = createLatch()
  world.neighbours.script = async function* () {
    yield itemStart
    await awake.wait()
    yield generationEnd()
  }
  const responseId = await zombie.submit()
  const following = t.assert.rejects(
    collect(zombie.follow(tenantA, { responseId, ...all })),
    failsWith('OUTCOME_UNKNOWN'),
  )
  await waitUntil(() => world.neighbours.generations.length === 1)
  await lapseLeases(world)
  await startProcess(world, { name: 'runner-1/b' }).start()
  awake.open()
  await following
  t.assert.deepStrictEqual(
    world.settled.map(({ status }) => status),
    ['incomplete'],
  )
})

test('a run that lives keeps its lease', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps(['Hello'])
  const responseId = await process.submit({ store: true })
  await waitUntil(() => world.neighbours.generations.length === 1)
  await lapseLeases(world)
  await untilMoving(world, async () => ((await rowOf(world, responseId)).due_at ?? 0) > 1, 'the renewal')
  const other = startProcess(world, { name: 'runner-1/b' })
  await other.start()
  t.assert.strictEqual(process.running(), 1)
  t.assert.strictEqual(other.running(), 0)
  await process.cancel(tenantA, { responseId })
})

test('a run whose lease was taken while it waited stops at the next renewal', async (t: TestContext) => {
  const world = await createWorld(t)
  const zombie = startProcess(world)
  world.neighbours.script = () => stallingSteps([])
  const responseId = await zombie.submit({ store: true })
  await waitUntil(async () => (await zombie.log.count(null, responseId)) === 1)
  await lapseLeases(world)
  world.neighbours.script = () => textSteps(['heir'])
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  await collect(heir.follow(tenantA, { responseId, ...all }))
  await untilMoving(world, () => zombie.running() === 0, 'the end of the zombie')
  t.assert.strictEqual(world.settled.length, 1)
})

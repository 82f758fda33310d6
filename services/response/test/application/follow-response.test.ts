import { type TestContext, test } from 'node:test'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import {
  collect,
  createWorld,
  endOf,
  failsWith,
  startProcess,
  tenantA,
  tenantB,
  textOf,
  untilMoving,
} from '../harness.ts'
import { generationEnd, itemStart, stallingSteps, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('whoever follows at once waits for the response to arrive', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const { submitted, context } = world.neighbours.accept()
  const following = collect(process.follow(tenantA, { responseId: submitted.responseId, after: -1, waitMs: 5_000 }))
  await world.store.transaction((tx) => process.accept(tx, context, submitted))
  t.assert.strictEqual(textOf(await following), 'Hello world')
})

test('a response that arrives and ends while its follower asks the store is told all the same', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const { submitted, context } = world.neighbours.accept()
  const { find } = process.responses
  process.responses.find = async (responseId) => {
    process.responses.find = find
    await world.store.transaction((tx) => process.accept(tx, context, submitted))
    await waitUntil(() => world.settled.length === 1)
    return find(responseId)
  }
  const frames = await collect(process.follow(tenantA, { responseId: submitted.responseId, ...all }))
  t.assert.strictEqual(textOf(frames), 'Hello world')
})

test("an absent response and another tenant's are refused alike, after the same wait", async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const foreign = await process.submit({ store: true, context: tenantB })
  const waits: number[] = []
  for (const responseId of [foreign, `resp_${'0'.repeat(32)}`]) {
    const startedAtMs = world.clock.monotonicMs()
    let refused = false
    const following = t.assert
      .rejects(
        collect(process.follow(tenantA, { responseId, after: -1, waitMs: 1_000 })),
        failsWith('RESPONSE_NOT_FOUND'),
      )
      .then(() => {
        refused = true
      })
    await untilMoving(world, () => refused, 'the refusal')
    await following
    waits.push(world.clock.monotonicMs() - startedAtMs)
  }
  t.assert.ok(
    waits.every((waitedMs) => waitedMs >= 1_000 && waitedMs <= 1_200),
    `${waits}`,
  )
})

test('nothing of a response can be had, changed or told apart by another tenant', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const running = createLatch()
  world.neighbours.script = () => {
    running.open()
    return stallingSteps(['secret'])
  }
  const responseId = await process.submit({ store: true })
  await running.wait()
  const refused = failsWith('RESPONSE_NOT_FOUND')
  await t.assert.rejects(process.getResponse(tenantB, { responseId }), refused)
  await t.assert.rejects(process.listInputItems(tenantB, { responseId, limit: 1, order: 'asc' }), refused)
  await t.assert.rejects(process.cancel(tenantB, { responseId }), refused)
  await t.assert.rejects(process.deleteResponse(tenantB, { responseId }), refused)
  await t.assert.rejects(collect(process.follow(tenantB, { responseId, ...all })), refused)
  t.assert.strictEqual((await process.getResponse(tenantA, { responseId })).status, 'in_progress')
  await process.cancel(tenantA, { responseId })
})

test('a plain response has one follower', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit()
  const first = process.follow(tenantA, { responseId, ...all })
  await first.next()
  await t.assert.rejects(collect(process.follow(tenantA, { responseId, ...all })), failsWith('RESPONSE_NOT_FOUND'))
  t.assert.strictEqual(endOf(await collect(first)).status, 'completed')
})

test('many devices follow one stored response and see the same', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const words = Array.from({ length: 200 }, (_, index) => `word${index} `)
  world.neighbours.script = () => textSteps(words)
  const responseId = await process.submit({ store: true })
  const followers = Array.from({ length: 20 }, (_, index) =>
    collect(process.follow(tenantA, { responseId, after: index - 1, waitMs: 0 })),
  )
  const [first, ...others] = await Promise.all(followers)
  t.assert.strictEqual(textOf(first ?? []), words.join(''))
  for (const [index, frames] of others.entries()) t.assert.deepStrictEqual(frames, first?.slice(index + 1))
})

test('a follower that goes away stops a plain run, which settles as cancelled with an estimate', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const stopped = createLatch()
  world.neighbours.script = async function* () {
    try {
      yield* stallingUntilReturn()
    } finally {
      stopped.open()
    }
  }
  const responseId = await process.submit()
  const follower = process.follow(tenantA, { responseId, ...all })
  for (let frame = await follower.next(); frame.value?.step.type !== 'text-delta'; ) frame = await follower.next()
  await follower.return?.()
  await waitUntil(() => world.settled.length === 1)
  t.assert.strictEqual(world.settled[0]?.status, 'cancelled')
  t.assert.strictEqual(world.settled[0]?.usage?.provenance, 'estimated')
  t.assert.ok((world.settled[0]?.usage?.outputTokens ?? 0) > 0)
  t.assert.strictEqual(process.running(), 0)
})

test('a follower that goes away while it waits for a frame is let go at once', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps([])
  const responseId = await process.submit()
  const follower = process.follow(tenantA, { responseId, ...all })
  await follower.next()
  const waiting = follower.next()
  await follower.return?.()
  t.assert.deepStrictEqual(await waiting, { done: true, value: undefined })
  await waitUntil(() => world.settled.length === 1)
})

test('a stored run goes on when every follower has left', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const rest = createLatch()
  world.neighbours.script = async function* () {
    yield itemStart
    await rest.wait()
    yield generationEnd()
  }
  const responseId = await process.submit({ store: true })
  const follower = process.follow(tenantA, { responseId, ...all })
  await follower.next()
  await follower.return?.()
  rest.open()
  const frames = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual(endOf(frames).status, 'completed')
})

test('a plain run that nobody comes for is stopped', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps(['Hello'])
  await process.submit()
  await waitUntil(() => world.neighbours.generations.length === 1)
  world.clock.advance(9_000)
  t.assert.strictEqual(world.settled.length, 0)
  await untilMoving(world, () => world.settled.length === 1, 'the end of the run')
  t.assert.strictEqual(world.settled[0]?.status, 'cancelled')
})

test('a plain response that ended early waits for its follower', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit()
  await waitUntil(() => world.settled.length === 1)
  t.assert.strictEqual(textOf(await collect(process.follow(tenantA, { responseId, ...all }))), 'Hello world')
  await t.assert.rejects(collect(process.follow(tenantA, { responseId, ...all })), failsWith('RESPONSE_NOT_FOUND'))
})

test('a slow follower of a plain response makes the provider wait, within the bound', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world, { feedCharsMax: 10_000 })
  let produced = 0
  world.neighbours.script = async function* () {
    yield itemStart
    for (; produced < 100_000; produced++) yield { type: 'text-delta', index: 0, delta: 'x'.repeat(100) }
    yield generationEnd()
  }
  const responseId = await process.submit()
  const follower = process.follow(tenantA, { responseId, ...all })
  await follower.next()
  let before = -1
  await waitUntil(() => {
    const waits = produced === before
    before = produced
    return waits && produced > 0
  })
  t.assert.ok(produced < 100, `${produced} deltas were taken from the provider`)
  for (let count = 0; count < 1_000; count++) await follower.next()
  t.assert.ok(produced > 900 && produced < 1_100, `${produced} deltas were taken from the provider`)
  await follower.return?.()
  await waitUntil(() => world.settled.length === 1)
})

test('a slow follower of a stored response holds nobody up and misses nothing', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world, { feedCharsMax: 2_000 })
  const words = Array.from({ length: 500 }, (_, index) => `word${index} `)
  world.neighbours.script = () => textSteps(words)
  const responseId = await process.submit({ store: true })
  const slow = process.follow(tenantA, { responseId, ...all })
  const first = await slow.next()
  const fast = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual(textOf(fast), words.join(''))
  t.assert.deepStrictEqual([first.value, ...(await collect(slow))], fast)
})

test('a stored response is followed from another process while it runs', async (t: TestContext) => {
  const world = await createWorld(t)
  const runner = startProcess(world)
  const other = startProcess(world, { name: 'runner-1/b' })
  const rest = createLatch()
  world.neighbours.script = async function* () {
    yield itemStart
    yield { type: 'text-delta', index: 0, delta: 'Hello' }
    await rest.wait()
    yield generationEnd()
  }
  const responseId = await runner.submit({ store: true })
  const follower = other.follow(tenantA, { responseId, ...all })
  const seen: string[] = []
  const following = (async () => {
    for await (const { step } of follower) seen.push(step.type)
  })()
  await untilMoving(world, () => seen.includes('text-delta'), 'the first text')
  t.assert.ok(!seen.includes('response-end'))
  rest.open()
  await untilMoving(world, () => seen.includes('response-end'), 'the end')
  await following
})

async function* stallingUntilReturn() {
  yield* stallingSteps(['Hello'])
}

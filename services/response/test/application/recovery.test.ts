import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import {
  attemptsOf,
  collect,
  createWorld,
  endOf,
  failsWith,
  lapseLeases,
  rowOf,
  startProcess,
  tenantA,
  tenantB,
  textOf,
  untilMoving,
  type World,
} from '../harness.ts'
import { assistantMessage, input, type Submission, sessionId, stallingSteps, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

/** A process that died while the provider was silent, after `deltas`. */
async function dieMidway(world: World, deltas: readonly string[], change: Partial<Submission>) {
  const process = startProcess(world)
  world.neighbours.script = () => stallingSteps(deltas)
  const responseId = await process.submit(change)
  await waitUntil(() => world.neighbours.generations.length === 1)
  const framesMin = change.store ? 1 + (deltas.length > 0 ? deltas.length + 1 : 0) : 0
  await waitUntil(async () => (await process.log.count(null, responseId)) >= framesMin)
  process.kill()
  await waitUntil(() => process.running() === 0)
  world.neighbours.script = () => textSteps(['Hello', ' again'])
  return responseId
}

test('a stored response of which nothing was delivered silently starts again', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, [], { store: true })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  const frames = await collect(heir.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual(endOf(frames).status, 'completed')
  t.assert.strictEqual(textOf(frames), 'Hello again')
  t.assert.deepStrictEqual(
    frames.map(({ seq }) => seq),
    frames.map((_, index) => index),
  )
  t.assert.strictEqual(frames.filter(({ step }) => step.type === 'response-start').length, 1)
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
  t.assert.strictEqual(world.settled[0]?.attempts, 2)
  t.assert.deepStrictEqual(heir.lost, [responseId])
})

test('a response is not started more often than allowed', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, [], { store: true })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b', attemptsMax: 1 })
  await heir.start()
  const end = endOf(await collect(heir.follow(tenantA, { responseId, ...all })))
  t.assert.deepStrictEqual([end.status, end.incompleteReason], ['incomplete', 'interrupted'])
  t.assert.strictEqual(world.neighbours.generations.length, 1)
})

test('a stored response whose text was delivered ends incomplete, with that text', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, ['Hel', 'lo'], { store: true, sessionId })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  const frames = await collect(heir.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(
    frames.map(({ seq, step }) => `${seq} ${step.type}`),
    ['0 response-start', '1 item-start', '2 text-delta', '3 text-delta', '4 item-end', '5 response-end'],
  )
  const end = endOf(frames)
  t.assert.deepStrictEqual([end.status, end.incompleteReason], ['incomplete', 'interrupted'])
  t.assert.strictEqual(end.usage?.provenance, 'estimated')
  const cut = { ...assistantMessage('Hello'), status: 'incomplete' as const }
  t.assert.deepStrictEqual((await heir.getResponse(tenantA, { responseId })).output, [cut])
  t.assert.deepStrictEqual(world.neighbours.transcript, [...input.items, cut])
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost'])
})

test('a plain response ends with its process, since its client cannot come back for it', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, ['Hel'], { sessionId })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  t.assert.deepStrictEqual(
    world.settled.map(({ status }) => status),
    ['incomplete'],
  )
  t.assert.deepStrictEqual(world.neighbours.abandoned, [responseId])
  // Whoever has seen nothing of it learns how it ended; whoever has seen a part cannot be given the rest.
  const frames = await collect(heir.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual([frames.length, endOf(frames).incompleteReason], [2, 'interrupted'])
  const rest = heir.follow(tenantA, { responseId, after: 1, waitMs: 0 })
  await t.assert.rejects(collect(rest), failsWith('RESPONSE_NOT_FOUND'))
})

test('a restarted process takes up its own runs without waiting for their leases', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, [], { store: true })
  const stranger = startProcess(world, { name: 'runner-1/b' })
  await stranger.start()
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 dispatching'])
  const restarted = startProcess(world, { name: 'runner-0/c' })
  await restarted.start()
  t.assert.strictEqual(textOf(await collect(restarted.follow(tenantA, { responseId, ...all }))), 'Hello again')
})

test('a turn that is settled but not in its session is brought there by whoever comes next', async (t: TestContext) => {
  for (const store of [true, false]) {
    const world = await createWorld(t)
    const process = startProcess(world)
    world.neighbours.script = async function* () {
      world.neighbours.sessionIsDown = true
      yield* textSteps(['Hello'])
    }
    const responseId = await process.submit({ sessionId, store })
    await waitUntil(() => world.settled.length === 1)
    process.kill()
    const heir = startProcess(world, { name: 'runner-1/b' })
    await lapseLeases(world)
    await heir.start()
    t.assert.notStrictEqual((await rowOf(world, responseId)).pending_turn, null)
    world.neighbours.sessionIsDown = false
    await lapseLeases(world)
    await untilMoving(world, async () => (await rowOf(world, responseId)).pending_turn === null, 'the turn')
    t.assert.deepStrictEqual(world.neighbours.transcript, [...input.items, assistantMessage('Hello')])
    if (store) {
      const frames = await collect(heir.follow(tenantA, { responseId, ...all }))
      t.assert.deepStrictEqual(
        frames.map(({ seq }) => seq),
        [0, 1, 2, 3, 4],
      )
      t.assert.strictEqual(endOf(frames).status, 'completed')
    }
    t.assert.strictEqual(world.settled.length, 1)
  }
})

test('a cancellation that its process did not live to see is honoured', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, [], { store: true })
  const heir = startProcess(world, { name: 'runner-1/b' })
  await world.store.transaction((tx) => heir.responses.requestCancel(tx, responseId))
  await lapseLeases(world)
  await heir.start()
  t.assert.strictEqual(endOf(await collect(heir.follow(tenantA, { responseId, ...all }))).status, 'cancelled')
  t.assert.strictEqual(world.neighbours.generations.length, 1)
})

test('a request may ask for a restart: the new answer is told below the broken one', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, ['Hel', 'lo'], { store: true, sessionId, onInterrupt: 'restart' })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  const frames = await collect(heir.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(
    frames.map(({ seq, step }) => `${seq} ${step.type} ${'index' in step ? step.index : ''}`.trim()),
    [
      ['0 response-start', '1 item-start 0', '2 text-delta 0', '3 text-delta 0', '4 item-end 0'],
      ['5 item-start 1', '6 text-delta 1', '7 text-delta 1', '8 item-end 1', '9 response-end'],
    ].flat(),
  )
  t.assert.strictEqual(endOf(frames).status, 'completed')
  const broken = { ...assistantMessage('Hello'), status: 'incomplete' as const }
  const { output } = await heir.getResponse(tenantA, { responseId })
  t.assert.deepStrictEqual(output, [broken, assistantMessage('Hello again')])
  t.assert.deepStrictEqual(world.neighbours.transcript, [...input.items, assistantMessage('Hello again')])
  const { data } = await heir.listAttempts(tenantA, { responseId })
  t.assert.deepStrictEqual(
    data.map(({ attempt, state, lostUsage }) => [attempt, state, lostUsage?.provenance]),
    [
      [1, 'lost', 'estimated'],
      [2, 'ended', undefined],
    ],
  )
  await t.assert.rejects(heir.listAttempts(tenantB, { responseId }), failsWith('RESPONSE_NOT_FOUND'))
})

test('frames that a slow attempt adds while it is being overtaken are not written over', async (t: TestContext) => {
  const world = await createWorld(t)
  const responseId = await dieMidway(world, [], { store: true })
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  const late = { seq: 1, step: { type: 'text-delta', index: 0, delta: 'late' } } as const
  const count = heir.log.count
  let isFirst = true
  heir.log.count = async (tx, id) => {
    if (tx !== null && isFirst) {
      isFirst = false
      await heir.log.append(tx, { responseId, attempt: 1 }, [late])
    }
    return count(tx, id)
  }
  await heir.start()
  t.assert.strictEqual((await rowOf(world, responseId)).attempt, 1)
})

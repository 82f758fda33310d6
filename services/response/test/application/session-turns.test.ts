import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { collect, createWorld, endOf, lapseLeases, rowOf, startProcess, tenantA, untilMoving } from '../harness.ts'
import {
  assistantMessage,
  failingSteps,
  input,
  sessionId,
  stallingSteps,
  textSteps,
  userMessage,
} from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('a turn is in its session before its end can be seen', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  for (const store of [true, false]) {
    const responseId = await process.submit({ sessionId, store })
    for await (const { step } of process.follow(tenantA, { responseId, ...all })) {
      const appended = world.neighbours.appended.includes(responseId)
      if (step.type === 'response-end') t.assert.ok(appended)
    }
    t.assert.strictEqual((await rowOf(world, responseId)).pending_turn, null)
  }
  t.assert.deepStrictEqual(world.neighbours.transcript.slice(0, 2), [...input.items, assistantMessage('Hello world')])
})

test('a turn is given what was said before, and the preferences of its session', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.transcript.push(userMessage('Earlier.'), assistantMessage('Indeed.'))
  world.neighbours.preferences = { instructions: 'Be brief.', temperature: 0.5, maxOutputTokens: 10 }
  const responseId = await process.submit({ sessionId, options: { temperature: 1 } })
  await collect(process.follow(tenantA, { responseId, ...all }))
  const [generation] = world.neighbours.generations
  t.assert.deepStrictEqual(generation?.items, [userMessage('Earlier.'), assistantMessage('Indeed.'), ...input.items])
  t.assert.strictEqual(generation?.instructions, 'Be brief.')
  t.assert.deepStrictEqual(generation?.options, { temperature: 1, maxOutputTokens: 10 })
})

test('a turn that was cut off after some text is kept, one without text is not', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  for (const deltas of [['Hel'], []]) {
    world.neighbours.script = () => stallingSteps(deltas)
    const responseId = await process.submit({ sessionId, store: true })
    await waitUntil(async () => (await process.log.count(null, responseId)) > deltas.length)
    if (deltas.length > 0) await waitUntil(async () => (await process.log.count(null, responseId)) === 3)
    await process.cancel(tenantA, { responseId })
  }
  t.assert.strictEqual(world.neighbours.appended.length, 1)
  t.assert.strictEqual(world.neighbours.abandoned.length, 1)
  t.assert.deepStrictEqual(world.neighbours.transcript, [
    ...input.items,
    { ...assistantMessage('Hel'), status: 'incomplete' },
  ])
})

test('a failed turn leaves the session as it was', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => failingSteps([], new AppError('PROVIDER_REFUSED', 'No.'))
  const responseId = await process.submit({ sessionId })
  await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(world.neighbours.abandoned, [responseId])
  t.assert.deepStrictEqual(world.neighbours.transcript, [])
})

test('a session service that is being restarted delays the end, and no more', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = async function* () {
    world.neighbours.sessionIsDown = true
    yield* textSteps(['Hello'])
  }
  const responseId = await process.submit({ sessionId, store: true })
  let end: string | null = null
  const following = collect(process.follow(tenantA, { responseId, ...all })).then((frames) => {
    end = endOf(frames).status
  })
  await waitUntil(() => world.settled.length === 1)
  t.assert.strictEqual((await process.getResponse(tenantA, { responseId })).status, 'in_progress')
  world.clock.advance(100)
  t.assert.strictEqual(end, null)
  world.neighbours.sessionIsDown = false
  await untilMoving(world, () => end !== null, 'the end')
  await following
  t.assert.strictEqual((await process.getResponse(tenantA, { responseId })).status, 'completed')
  t.assert.deepStrictEqual(world.neighbours.appended, [responseId])
})

test('a request service that is being restarted delays the start, and no more', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.requestIsDown = true
  const responseId = await process.submit()
  let end: string | null = null
  const following = collect(process.follow(tenantA, { responseId, ...all })).then((frames) => {
    end = endOf(frames).status
  })
  await waitUntil(() => world.clock.pendingTimers > 1)
  world.neighbours.requestIsDown = false
  await untilMoving(world, () => end !== null, 'the end')
  await following
  t.assert.strictEqual(end, 'completed')
})

test('two processes that bring the same turn at once write one end', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = async function* () {
    world.neighbours.sessionIsDown = true
    yield* textSteps(['Hello'])
  }
  const responseId = await process.submit({ sessionId, store: true })
  await waitUntil(() => world.settled.length === 1)
  process.kill()
  world.neighbours.sessionIsDown = false
  await lapseLeases(world)
  const heirs = ['runner-1/b', 'runner-2/c'].map((name) => startProcess(world, { name }))
  await Promise.all(heirs.map((heir) => heir.start()))
  t.assert.deepStrictEqual(
    heirs.flatMap(({ failures }) => failures),
    [],
  )
  t.assert.strictEqual(await process.log.count(null, responseId), 5)
  t.assert.deepStrictEqual(world.neighbours.appended, [responseId])
})

test('a run keeps its session before it asks the model', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ sessionId, store: true })
  await collect(process.follow(tenantA, { responseId, after: -1, waitMs: 0 }))
  t.assert.deepStrictEqual(world.neighbours.held, [responseId])
})

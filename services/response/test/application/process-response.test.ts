import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import {
  attemptsOf,
  collect,
  createWorld,
  endOf,
  failsWith,
  rowOf,
  startProcess,
  tenantA,
  textOf,
  untilMoving,
} from '../harness.ts'
import {
  assistantMessage,
  failingSteps,
  generationEnd,
  itemStart,
  textSteps,
  usage,
  userMessage,
} from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

test('a plain response streams its frames, settles once and keeps only its row', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit()
  const frames = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(
    frames.map(({ seq, step }) => `${seq} ${step.type}`),
    ['0 response-start', '1 item-start', '2 text-delta', '3 text-delta', '4 item-end', '5 response-end'],
  )
  t.assert.strictEqual(textOf(frames), 'Hello world')
  t.assert.deepStrictEqual(endOf(frames).usage, usage)
  t.assert.deepStrictEqual(
    world.settled.map(({ responseId, status, attempts }) => ({ responseId, status, attempts })),
    [{ responseId, status: 'completed', attempts: 1 }],
  )
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 ended'])
  t.assert.deepStrictEqual(await process.log.read(null, responseId, -1), [])
  await t.assert.rejects(process.getResponse(tenantA, { responseId }), failsWith('RESPONSE_NOT_FOUND'))
})

test('a durable note exists before the provider is called', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const seen = createLatch<string[]>()
  world.neighbours.script = async function* ({ responseId }) {
    seen.open(await attemptsOf(world, responseId))
    yield generationEnd()
  }
  const responseId = await process.submit()
  await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(await seen.wait(), ['1 dispatching'])
})

test('a stored response replays identically, from any number', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ store: true })
  const live = await collect(process.follow(tenantA, { responseId, ...all }))
  const replay = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.strictEqual(JSON.stringify(replay), JSON.stringify(live))
  for (let after = 0; after < live.length; after++) {
    const rest = await collect(process.follow(tenantA, { responseId, after, waitMs: 0 }))
    t.assert.deepStrictEqual(rest, live.slice(after + 1))
  }
})

test('a stored response can be had with what was asked and answered', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const asked = { store: true, instructions: 'Be kind.', metadata: { a: 'b' }, options: { temperature: 1 } }
  const responseId = await process.submit(asked)
  await collect(process.follow(tenantA, { responseId, ...all }))
  const response = await process.getResponse(tenantA, { responseId })
  t.assert.strictEqual(response.status, 'completed')
  t.assert.deepStrictEqual(response.output, [assistantMessage('Hello world')])
  t.assert.deepStrictEqual(response.usage, usage)
  const { instructions, metadata, options } = response
  t.assert.deepStrictEqual({ store: true, instructions, metadata, options }, asked)
})

test('frames are kept for a key, though the response cannot be retrieved', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ keepFrames: true })
  const live = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(await collect(process.follow(tenantA, { responseId, ...all })), live)
  await t.assert.rejects(process.getResponse(tenantA, { responseId }), failsWith('RESPONSE_NOT_FOUND'))
  const dayAfter = world.clock.now() + 24 * 60 * 60_000
  await world.store.transaction((tx) => process.log.deleteUnstoredBefore(tx, dayAfter))
  await t.assert.rejects(collect(process.follow(tenantA, { responseId, ...all })), failsWith('RESPONSE_NOT_FOUND'))
})

const endings = [
  ['length', 'incomplete', 'max_output_tokens'],
  ['content-filter', 'incomplete', 'content_filter'],
  ['tool-calls', 'completed', null],
  ['stop', 'completed', null],
] as const

for (const [finish, status, incompleteReason] of endings) {
  test(`a generation that ends with ${finish} is ${status}`, async (t: TestContext) => {
    const world = await createWorld(t)
    const process = startProcess(world)
    world.neighbours.script = async function* () {
      yield generationEnd(finish)
    }
    const responseId = await process.submit()
    const end = endOf(await collect(process.follow(tenantA, { responseId, ...all })))
    t.assert.deepStrictEqual([end.status, end.incompleteReason, end.finish], [status, incompleteReason, finish])
  })
}

test('a provider that fails before it has answered fails the response, in words', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => failingSteps([], new AppError('PROVIDER_RATE_LIMITED', 'Too many requests.'))
  const responseId = await process.submit()
  const end = endOf(await collect(process.follow(tenantA, { responseId, ...all })))
  t.assert.strictEqual(end.status, 'failed')
  t.assert.deepStrictEqual(end.failure, { code: 'PROVIDER_RATE_LIMITED', message: 'Too many requests.', status: 429 })
  t.assert.strictEqual(end.usage, null)
})

test('an unexpected failure says nothing of its inside', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => failingSteps([], new Error('secret detail'))
  const responseId = await process.submit()
  const end = endOf(await collect(process.follow(tenantA, { responseId, ...all })))
  t.assert.strictEqual(end.failure?.code, 'INTERNAL')
  t.assert.doesNotMatch(JSON.stringify(end), /secret/)
})

test('an answer that breaks off is incomplete, with what was delivered closed properly', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = () => failingSteps(['Hel', 'lo'], new AppError('PROVIDER_UNAVAILABLE', 'The line broke.'))
  const responseId = await process.submit({ store: true })
  const frames = await collect(process.follow(tenantA, { responseId, ...all }))
  t.assert.deepStrictEqual(
    frames.map(({ step }) => step.type),
    ['response-start', 'item-start', 'text-delta', 'text-delta', 'item-end', 'response-end'],
  )
  const end = endOf(frames)
  t.assert.deepStrictEqual([end.status, end.incompleteReason], ['incomplete', 'interrupted'])
  t.assert.strictEqual(end.usage?.provenance, 'estimated')
  const { output } = await process.getResponse(tenantA, { responseId })
  t.assert.deepStrictEqual(output, [{ ...assistantMessage('Hello'), status: 'incomplete' }])
})

test('a stream that ends without saying so is not a success', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  world.neighbours.script = async function* () {
    yield itemStart
  }
  const responseId = await process.submit()
  const end = endOf(await collect(process.follow(tenantA, { responseId, ...all })))
  t.assert.deepStrictEqual([end.status, end.failure?.code], ['incomplete', 'PROVIDER_GARBLED'])
})

test('a response continues the chain of earlier ones, oldest first', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  let previousResponseId: string | null = null
  for (const turn of ['one', 'two', 'three']) {
    world.neighbours.script = () => textSteps([`answer ${turn}`])
    previousResponseId = await process.submit({ store: true, previousResponseId, items: [userMessage(turn)] })
    await collect(process.follow(tenantA, { responseId: previousResponseId, ...all }))
  }
  t.assert.deepStrictEqual(world.neighbours.generations.at(-1)?.items, [
    userMessage('one'),
    assistantMessage('answer one'),
    userMessage('two'),
    assistantMessage('answer two'),
    userMessage('three'),
  ])
})

test('a deleted response is gone, and so is what it kept', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ store: true })
  await collect(process.follow(tenantA, { responseId, ...all }))
  await process.deleteResponse(tenantA, { responseId })
  await t.assert.rejects(process.getResponse(tenantA, { responseId }), failsWith('RESPONSE_NOT_FOUND'))
  await t.assert.rejects(process.deleteResponse(tenantA, { responseId }), failsWith('RESPONSE_NOT_FOUND'))
  await t.assert.rejects(collect(process.follow(tenantA, { responseId, ...all })), failsWith('RESPONSE_NOT_FOUND'))
  t.assert.deepStrictEqual(await process.log.read(null, responseId, -1), [])
  const next = await process.submit({ store: true, previousResponseId: responseId })
  const end = endOf(await collect(process.follow(tenantA, { responseId: next, ...all })))
  t.assert.strictEqual(end.failure?.code, 'PREVIOUS_RESPONSE_NOT_FOUND')
})

test('input items are paged by id in both orders', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const items = ['1', '2', '3'].map((number) => userMessage(number, `msg_${number}`))
  const responseId = await process.submit({ store: true, items })
  await collect(process.follow(tenantA, { responseId, ...all }))
  const page = async (order: 'asc' | 'desc', after?: string) => {
    const query = after === undefined ? {} : { after }
    const { data, hasMore } = await process.listInputItems(tenantA, { responseId, limit: 2, order, ...query })
    return [data.map(({ id }) => id).join(' '), hasMore]
  }
  t.assert.deepStrictEqual(await page('asc'), ['msg_1 msg_2', true])
  t.assert.deepStrictEqual(await page('asc', 'msg_2'), ['msg_3', false])
  t.assert.deepStrictEqual(await page('desc'), ['msg_3 msg_2', true])
  await t.assert.rejects(page('asc', 'msg_0'), failsWith('ITEM_NOT_FOUND'))
})

test('a gpt service that cannot be reached for a moment is waited for, and asked once', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  let refusals = 2
  world.neighbours.script = () => {
    if (refusals-- > 0) throw new AppError('SERVICE_UNAVAILABLE', 'The gpt service cannot be reached right now.')
    return textSteps(['Hello'])
  }
  const responseId = await process.submit({ store: true })
  await untilMoving(world, async () => (await rowOf(world, responseId)).status === 'completed', 'the answer')
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 ended'])
})

test('a deleted response is not run again when its request asks what became of it', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const responseId = await process.submit({ store: true })
  await collect(process.follow(tenantA, { responseId, ...all }))
  await process.deleteResponse(tenantA, { responseId })
  const [settled] = world.settled
  t.assert.ok(settled)
  await process.submitAgain(settled)
  t.assert.strictEqual(process.running(), 0)
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 ended'])
  t.assert.strictEqual((await rowOf(world, responseId))?.status, 'completed')
})

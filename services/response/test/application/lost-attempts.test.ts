import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import { createLatch, waitUntil } from '@parley/testkit/latch.ts'
import {
  attemptsOf,
  collect,
  createWorld,
  endOf,
  failsWith,
  lapseLeases,
  type ProcessOptions,
  rowOf,
  startProcess,
  tenantA,
  textOf,
  untilMoving,
} from '../harness.ts'
import { itemStart, type Submission, sessionId, textSteps } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }

/** As the connection to gpt breaks when its process dies. */
const broken = new AppError('OUTCOME_UNKNOWN', 'The connection broke.')

/** A process whose first `breaks` connections to gpt break after `deltas`, and a response that it has begun to run. */
async function begin(
  t: TestContext,
  change: Partial<Submission>,
  { breaks = 1, deltas = [], ...options }: ProcessOptions & { breaks?: number; deltas?: readonly string[] } = {},
) {
  const world = await createWorld(t)
  const { neighbours } = world
  const process = startProcess(world, options)
  const wereSeen = createLatch()
  neighbours.script = async function* () {
    if (neighbours.generations.length > breaks) return yield* textSteps(['Hello', ' again'])
    yield* deltasOnly(deltas)
    if (deltas.length > 0) await wereSeen.wait()
    throw broken
  }
  const responseId = await process.submit(change)
  // A frame that is not in the log yet was seen by nobody.
  const isSeen = async () => (await process.log.count(null, responseId)) === deltas.length + 2
  if (deltas.length > 0 && change.store === true) await waitUntil(isSeen)
  wereSeen.open()
  return { world, process, responseId }
}

async function* deltasOnly(deltas: readonly string[]): AsyncGenerator<GenerationStep> {
  if (deltas.length > 0) yield itemStart
  for (const delta of deltas) yield { type: 'text-delta', index: 0, delta }
}

const ways: Record<string, Partial<Submission>> = {
  stored: { store: true },
  'stored and in a session': { store: true, sessionId },
  'stored and answered whole': { store: true, delivery: 'whole' },
  'plain with a key': { keepFrames: true },
  plain: {},
  'plain and answered whole': { delivery: 'whole' },
}

for (const [way, change] of Object.entries(ways)) {
  test(`a response that is ${way} is run again when gpt breaks off before it answers`, async (t: TestContext) => {
    const { world, process, responseId } = await begin(t, change)
    const following = collect(process.follow(tenantA, { responseId, ...all }))
    await untilMoving(world, () => world.settled.length === 1, 'the end')
    const frames = await following
    t.assert.deepStrictEqual(
      frames.map(({ seq, step }) => `${seq} ${step.type}`),
      ['0 response-start', '1 item-start', '2 text-delta', '3 text-delta', '4 item-end', '5 response-end'],
    )
    t.assert.deepStrictEqual([endOf(frames).status, textOf(frames)], ['completed', 'Hello again'])
    t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
    t.assert.deepStrictEqual(
      world.neighbours.generations.map(({ attempt }) => attempt),
      [1, 2],
    )
    t.assert.deepStrictEqual(process.lost, [responseId])
    const [settled] = world.settled
    t.assert.deepStrictEqual([settled?.attempts, settled?.lostUsage?.provenance], [2, 'estimated'])
    if (change.sessionId !== undefined) t.assert.deepStrictEqual(world.neighbours.appended, [responseId])
  })
}

test('an answer that is given whole is begun anew, since nobody has seen its beginning', async (t: TestContext) => {
  const { world, process, responseId } = await begin(t, { keepFrames: true, delivery: 'whole' }, { deltas: ['Hel'] })
  const following = collect(process.follow(tenantA, { responseId, ...all }))
  await untilMoving(world, () => world.settled.length === 1, 'the end')
  t.assert.strictEqual(textOf(await following), 'Hello again')
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
})

test('what was seen is not told again: the response ends incomplete', async (t: TestContext) => {
  for (const change of [{ store: true }, { keepFrames: false }]) {
    const { world, process, responseId } = await begin(t, change, { deltas: ['Hel'] })
    const end = endOf(await collect(process.follow(tenantA, { responseId, ...all })))
    t.assert.deepStrictEqual(
      [end.status, end.incompleteReason, end.failure?.code, end.usage?.provenance],
      ['incomplete', 'interrupted', 'OUTCOME_UNKNOWN', 'estimated'],
    )
    t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost'])
    t.assert.strictEqual(world.neighbours.generations.length, 1)
  }
})

test('a request that asked for a restart gets its new answer below the broken one', async (t: TestContext) => {
  const change = { store: true, onInterrupt: 'restart' } as const
  const { world, process, responseId } = await begin(t, change, { deltas: ['Hel', 'lo'] })
  const following = collect(process.follow(tenantA, { responseId, ...all }))
  await untilMoving(world, () => world.settled.length === 1, 'the end')
  t.assert.deepStrictEqual(
    (await following).map(({ seq, step }) => `${seq} ${step.type} ${'index' in step ? step.index : ''}`.trim()),
    [
      ['0 response-start', '1 item-start 0', '2 text-delta 0', '3 text-delta 0', '4 item-end 0'],
      ['5 item-start 1', '6 text-delta 1', '7 text-delta 1', '8 item-end 1', '9 response-end'],
    ].flat(),
  )
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
})

test('there are no more attempts than allowed; the last one is priced, and failed', async (t: TestContext) => {
  for (const store of [true, false]) {
    const { world, process, responseId } = await begin(t, { store, sessionId }, { breaks: 9, attemptsMax: 2 })
    const following = collect(process.follow(tenantA, { responseId, ...all }))
    await untilMoving(world, () => world.settled.length === 1, 'the end')
    const end = endOf(await following)
    t.assert.deepStrictEqual([end.status, end.failure?.code], ['failed', 'OUTCOME_UNKNOWN'])
    t.assert.strictEqual(end.usage?.provenance, 'estimated')
    t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 lost'])
    t.assert.strictEqual(world.neighbours.generations.length, 2)
    t.assert.deepStrictEqual(world.neighbours.abandoned, [responseId])
  }
})

test('a response that is cancelled between two attempts is not run again', async (t: TestContext) => {
  const { world, process, responseId } = await begin(t, { store: true }, { breaks: 9 })
  await waitUntil(() => world.neighbours.generations.length === 1)
  await process.cancel(tenantA, { responseId })
  t.assert.strictEqual(endOf(await collect(process.follow(tenantA, { responseId, ...all }))).status, 'cancelled')
  t.assert.strictEqual(world.neighbours.generations.length, 1)
})

test('a process that was overtaken between two attempts leaves the response alone', async (t: TestContext) => {
  const { world, process, responseId } = await begin(t, { store: true })
  await waitUntil(() => world.neighbours.generations.length === 1)
  await lapseLeases(world)
  const heir = startProcess(world, { name: 'runner-1/b' })
  await heir.start()
  await untilMoving(world, () => world.settled.length === 1 && process.running() === 0, 'the end')
  t.assert.deepStrictEqual(await attemptsOf(world, responseId), ['1 lost', '2 ended'])
  t.assert.deepStrictEqual((await rowOf(world, responseId)).owner, 'runner-1/b')
  t.assert.deepStrictEqual(process.lost, [])
  t.assert.strictEqual(textOf(await collect(process.follow(tenantA, { responseId, ...all }))), 'Hello again')
})

test('a plain response whose follower leaves between two attempts is not run again', async (t: TestContext) => {
  const { world, process, responseId } = await begin(t, {}, { breaks: 9 })
  const following = process.follow(tenantA, { responseId, ...all })
  await following.next()
  await waitUntil(() => world.neighbours.generations.length === 1)
  await following.return?.()
  await waitUntil(() => world.settled.length === 1)
  t.assert.deepStrictEqual(
    world.settled.map(({ status }) => status),
    ['cancelled'],
  )
  t.assert.strictEqual(world.neighbours.generations.length, 1)
  const late = process.follow(tenantA, { responseId, after: 1, waitMs: 0 })
  await t.assert.rejects(collect(late), failsWith('RESPONSE_NOT_FOUND'))
})

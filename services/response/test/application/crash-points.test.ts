import { type TestContext, test } from 'node:test'
import type { Frame } from '@parley/kernel/frames.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import {
  attemptsOf,
  createWorld,
  endOf,
  lapseLeases,
  rowOf,
  startProcess,
  tenantA,
  textOf,
  untilMoving,
} from '../harness.ts'
import { sessionId } from '../neighbours.ts'

/**
 * Kills the process around each of its transactions in turn, lets another one take over, and looks at what is left: one
 * end, one event, one transcript entry, and frames of which what a client had seen is the beginning.
 */
async function surviveCrash(
  t: TestContext,
  change: { store: boolean },
  dieAt: { transaction: number; when: 'before' | 'after' },
) {
  const world = await createWorld(t)
  const process = startProcess(world, { dieAt })
  const responseId = await process.submit({ ...change, sessionId })
  const seen: Frame[] = []
  const watching = (async () => {
    for await (const frame of process.follow(tenantA, { responseId, after: -1, waitMs: 0 })) seen.push(frame)
  })().catch(() => {})
  await waitUntil(() => process.isDead() || process.running() === 0)
  if (!process.isDead()) return false
  await waitUntil(() => process.running() === 0)

  const heir = startProcess(world, { name: 'runner-1/b' })
  await lapseLeases(world)
  await heir.start()
  await untilMoving(world, async () => (await rowOf(world, responseId)).due_at === null, 'the end')
  const row = await rowOf(world, responseId)
  const what = JSON.stringify({ ...change, ...dieAt })
  t.assert.deepStrictEqual(
    world.settled.map(({ status }) => status),
    [row.status],
    what,
  )
  const { appended, abandoned } = world.neighbours
  t.assert.strictEqual(appended.length + abandoned.length, 1, what)
  t.assert.ok(world.neighbours.generations.length <= (await attemptsOf(world, responseId)).length, what)
  t.assert.strictEqual(row.pending_turn, null, what)
  if (change.store) {
    const frames: Frame[] = []
    for await (const frame of heir.follow(tenantA, { responseId, after: -1, waitMs: 0 })) frames.push(frame)
    t.assert.deepStrictEqual(
      frames.map(({ seq }) => seq),
      frames.map((_, index) => index),
      what,
    )
    t.assert.strictEqual(frames.filter(({ step }) => step.type === 'response-end').length, 1, what)
    t.assert.strictEqual(endOf(frames).status, row.status, what)
    t.assert.deepStrictEqual(seen, frames.slice(0, seen.length), what)
    if (row.status === 'completed') t.assert.strictEqual(textOf(frames), 'Hello world', what)
  }
  heir.kill()
  process.kill()
  await watching
  return true
}

for (const change of [{ store: true }, { store: false }]) {
  test(`a ${change.store ? 'stored' : 'plain'} turn has one outcome, wherever its process dies`, async (t: TestContext) => {
    let points = 0
    for (const when of ['before', 'after'] as const) {
      for (let transaction = 1; await surviveCrash(t, change, { transaction, when }); transaction++) points++
    }
    t.assert.ok(points >= (change.store ? 6 : 4), `${points} points`)
  })
}

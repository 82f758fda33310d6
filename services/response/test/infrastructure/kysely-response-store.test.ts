import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import type { AttemptKey } from '../../application/ports.ts'
import { WriteRefused } from '../../application/write-refused.ts'
import { interruptedOutcome } from '../../domain/outcome.ts'
import { takeRunnerAddress } from '../../infrastructure/runner-address.ts'
import { takeRunnerPlace } from '../../infrastructure/runner-place.ts'
import { attemptsOf, createWorld, lapseLeases, rowOf, startProcess } from '../harness.ts'
import { assistantMessage } from '../neighbours.ts'

const mine = { owner: 'runner-0/a', leaseMs: 30_000 }
const theirs = { owner: 'runner-1/b', leaseMs: 30_000 }
const frame = { seq: 0, step: { type: 'response-start', createdAt: 1, model: 'm' } } as const

/** A claimed response that nobody runs. */
async function claimed(t: TestContext) {
  const world = await createWorld(t)
  const { responses, log } = startProcess(world)
  const { context, submitted } = world.neighbours.accept({ store: true })
  const inTransaction: typeof world.store.transaction = (work) => world.store.transaction(work)
  await inTransaction((tx) => responses.insert(tx, context, submitted, mine))
  const key: AttemptKey = { responseId: submitted.responseId, attempt: 1 }
  return { world, responses, log, key, inTransaction }
}

test('a lease that was renewed in time cannot be taken', async (t: TestContext) => {
  const { world, responses, key, inTransaction } = await claimed(t)
  t.assert.strictEqual(await inTransaction((tx) => responses.lockDue(tx, key, theirs)), false)
  await lapseLeases(world)
  t.assert.strictEqual((await responses.listDue(10)).length, 1)
  t.assert.strictEqual(await inTransaction((tx) => responses.renew(tx, key, mine)), true)
  t.assert.strictEqual(await inTransaction((tx) => responses.lockDue(tx, key, theirs)), false)
})

test('a due response is taken by one process', async (t: TestContext) => {
  const { world, responses, key, inTransaction } = await claimed(t)
  await lapseLeases(world)
  const locks = [mine, theirs].map((lease) => inTransaction((tx) => responses.lockDue(tx, key, lease)))
  t.assert.deepStrictEqual(await Promise.all(locks), [true, false])
})

test('a stale attempt is refused by every write', async (t: TestContext) => {
  const { world, responses, log, key, inTransaction } = await claimed(t)
  await lapseLeases(world)
  await inTransaction(async (tx) => {
    await responses.lockDue(tx, key, theirs)
    await responses.beginNextAttempt(tx, key, null)
  })
  t.assert.deepStrictEqual(await attemptsOf(world, key.responseId), ['1 lost', '2 dispatching'])
  const settlement = { ...key, outcome: interruptedOutcome(null), pendingTurn: null, completedAt: 1, lost: false }
  const before = await rowOf(world, key.responseId)
  t.assert.strictEqual(await inTransaction((tx) => responses.renew(tx, key, mine)), false)
  t.assert.strictEqual(await inTransaction((tx) => responses.release(tx, key)), false)
  await t.assert.rejects(
    inTransaction((tx) => responses.settle(tx, settlement)),
    WriteRefused,
  )
  await t.assert.rejects(
    inTransaction((tx) => log.append(tx, key, [frame])),
    WriteRefused,
  )
  t.assert.deepStrictEqual(await rowOf(world, key.responseId), before)
  t.assert.strictEqual(await log.count(null, key.responseId), 0)
  const next = { ...key, attempt: 2 }
  t.assert.strictEqual(await inTransaction((tx) => responses.renew(tx, next, mine)), false, 'the owner is another one')
  await inTransaction((tx) => responses.settle(tx, { ...settlement, ...next }))
})

test('a response settles once, and its turn is noted once', async (t: TestContext) => {
  const { responses, key, inTransaction } = await claimed(t)
  const settlement = {
    ...key,
    outcome: interruptedOutcome(null),
    pendingTurn: [assistantMessage('a')],
    completedAt: 1,
    lost: false,
  }
  await inTransaction((tx) => responses.settle(tx, settlement))
  await t.assert.rejects(
    inTransaction((tx) => responses.settle(tx, settlement)),
    WriteRefused,
  )
  const notes = [1, 2].map(() => inTransaction((tx) => responses.finishTurn(tx, key.responseId)))
  t.assert.deepStrictEqual(await Promise.all(notes), [true, false])
})

test('each living process has a place of its own, and a dead one leaves its place', async (t: TestContext) => {
  const { world } = await claimed(t)
  const first = await takeRunnerPlace(world.store)
  const second = await takeRunnerPlace(world.store)
  t.assert.match(first.owner, /^runner-0\//)
  t.assert.match(second.owner, /^runner-1\//)
  await first.release()
  const heir = await takeRunnerPlace(world.store)
  t.assert.match(heir.owner, /^runner-0\//)
  t.assert.notStrictEqual(heir.owner, first.owner)
  await second.release()
  await heir.release()
})

test('an address is that of one living process; a second one is told which setting to change', async (t: TestContext) => {
  const { world } = await claimed(t)
  const patience = { patienceMs: 0 }
  const giveUp = await takeRunnerAddress(world.store, 'http://10.0.0.7:8004', patience)
  const other = await takeRunnerAddress(world.store, 'http://10.0.0.8:8004', patience)
  await t.assert.rejects(takeRunnerAddress(world.store, 'http://10.0.0.7:8004', patience), /ADVERTISED_URL/)
  const waiting = takeRunnerAddress(world.store, 'http://10.0.0.7:8004')
  await giveUp()
  await (await waiting)()
  await other()
})

test('a place whose lock was lost with its connection is asked for again', async (t: TestContext) => {
  const locks: { name: string; lose: () => void; released: boolean }[] = []
  const store = {
    async tryLock(name: string) {
      const { promise: lost, resolve: lose } = Promise.withResolvers<void>()
      const lock = { name, lose, released: false }
      locks.push(lock)
      return {
        lost,
        async release() {
          lock.released = true
        },
      }
    },
  }
  const place = await takeRunnerPlace(store)
  locks[0]?.lose()
  await waitUntil(() => locks.length === 2)
  t.assert.strictEqual(locks[1]?.name, 'runner-0')
  await place.release()
  t.assert.deepStrictEqual(
    locks.map(({ released }) => released),
    [false, true],
  )
})

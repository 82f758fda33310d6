import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import { context, failsWith, letPass, message, page, startService } from '../harness.ts'

const leaseMs = 60_000
const reservationMs = 5_000

async function startSession(t: TestContext) {
  const service = await startService(t)
  const { sessionId } = await service.calls.createSession(context, { metadata: {}, items: [] })
  const turn = (responseId: string) => ({ sessionId, responseId })
  return {
    ...service,
    sessionId,
    begin: (responseId: string) => service.calls.beginTurn(context, turn(responseId)),
    abandon: (responseId: string) => service.calls.abandonTurn(context, turn(responseId)),
    append: (responseId: string, ...items: Item[]) => service.calls.appendTurn(context, { ...turn(responseId), items }),
    transcript: async () =>
      (await service.calls.listItems(context, { sessionId, ...page })).data.map((item) => item.id).join(' '),
    leaseLapses: () => letPass(service.store, sessionId, leaseMs),
  }
}

test('one response works on a session at a time', async (t: TestContext) => {
  const { begin, append } = await startSession(t)
  await begin('resp_1')
  await begin('resp_1')
  await t.assert.rejects(begin('resp_2'), failsWith('SESSION_BUSY', /resp_1/))
  t.assert.deepStrictEqual(await append('resp_1', message('hi', 'a')), { appended: true })
  await begin('resp_2')
})

test('of many responses that begin at once one gets the session', async (t: TestContext) => {
  const { begin } = await startSession(t)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => begin(`resp_${index}`)))
  t.assert.strictEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('a lapsed lease may be taken over, and the late turn is appended all the same', async (t: TestContext) => {
  const { begin, append, leaseLapses, transcript } = await startSession(t)
  await begin('resp_1')
  await leaseLapses()
  await begin('resp_2')
  t.assert.deepStrictEqual(await append('resp_1', message('late', 'late')), { appended: true })
  await t.assert.rejects(begin('resp_3'), failsWith('SESSION_BUSY', /resp_2/))
  t.assert.deepStrictEqual(await append('resp_2', message('in time', 'in-time')), { appended: true })
  t.assert.strictEqual(await transcript(), 'late in-time')
})

test('beginning again renews the lease', async (t: TestContext) => {
  const { begin, leaseLapses } = await startSession(t)
  await begin('resp_1')
  await leaseLapses()
  await begin('resp_1')
  await t.assert.rejects(begin('resp_2'), failsWith('SESSION_BUSY'))
})

test('a turn is appended once, whoever repeats it', async (t: TestContext) => {
  const { begin, append, transcript, published, calls, sessionId } = await startSession(t)
  await begin('resp_1')
  const twice = await Promise.all([append('resp_1', message('hi', 'a')), append('resp_1', message('hi', 'a'))])
  t.assert.deepStrictEqual(twice.map(({ appended }) => appended).sort(), [false, true])
  t.assert.deepStrictEqual(await append('resp_1', message('other', 'b')), { appended: false })
  t.assert.strictEqual(await transcript(), 'a')
  t.assert.strictEqual((await calls.getSession(context, { sessionId })).itemCount, 1)
  const turns = published.filter(({ type }) => type === 'session.turn-appended.v1')
  t.assert.deepStrictEqual(turns, [
    {
      type: 'session.turn-appended.v1',
      tenant: 'tenant-a',
      seq: 2,
      data: { sessionId, responseId: 'resp_1', itemCount: 1 },
    },
  ])
})

test('beginning a turn that is already in the session takes no lock', async (t: TestContext) => {
  const { begin, append } = await startSession(t)
  await begin('resp_1')
  await append('resp_1', message('hi'))
  await begin('resp_1')
  await begin('resp_2')
})

test('a repeated append frees the session that its response holds', async (t: TestContext) => {
  const { append, begin, store, sessionId } = await startSession(t)
  await append('resp_1', message('hi'))
  await store.transaction(async (tx) => {
    const held = { active_response_id: 'resp_1', lease_until: 9e15 }
    await store.within(tx).updateTable('sessions').set(held).where('session_id', '=', sessionId).execute()
  })
  await t.assert.rejects(begin('resp_2'), failsWith('SESSION_BUSY'))
  t.assert.deepStrictEqual(await append('resp_1', message('hi')), { appended: false })
  await begin('resp_2')
})

test('a turn that comes to nothing frees the session, but only its own', async (t: TestContext) => {
  const { begin, abandon, calls } = await startSession(t)
  await begin('resp_1')
  await abandon('resp_2')
  await t.assert.rejects(begin('resp_2'), failsWith('SESSION_BUSY'))
  await abandon('resp_1')
  await abandon('resp_1')
  await begin('resp_2')
  t.assert.deepStrictEqual(await calls.abandonTurn(context, { sessionId: 'conv_absent', responseId: 'resp_1' }), {})
})

test('while a response is active the session can be neither changed by hand nor closed', async (t: TestContext) => {
  const { begin, append, calls, sessionId } = await startSession(t)
  await append('resp_1', message('hi', 'a'))
  await begin('resp_2')
  const byHand = { sessionId, items: [message('no')] }
  await t.assert.rejects(calls.appendItems(context, byHand), failsWith('SESSION_BUSY', /resp_2/))
  await t.assert.rejects(calls.deleteItem(context, { sessionId, itemId: 'a' }), failsWith('SESSION_BUSY'))
  await t.assert.rejects(calls.closeSession(context, { sessionId }), failsWith('SESSION_BUSY'))
  t.assert.strictEqual((await calls.getSession(context, { sessionId })).itemCount, 1)
})

test('a turn that ends after its session was closed is kept, and the session stays closed', async (t: TestContext) => {
  const { begin, append, leaseLapses, calls, sessionId, transcript } = await startSession(t)
  await begin('resp_1')
  await leaseLapses()
  await calls.closeSession(context, { sessionId })
  t.assert.deepStrictEqual(await append('resp_1', message('late', 'late')), { appended: true })
  t.assert.strictEqual(await transcript(), 'late')
  t.assert.strictEqual((await calls.getSession(context, { sessionId })).status, 'closed')
})

test('an item of a turn whose id is taken is appended under another one', async (t: TestContext) => {
  const { append, calls, sessionId } = await startSession(t)
  await append('resp_1', message('first', 'msg_mine'))
  await append('resp_2', message('second', 'msg_mine'), message('third', 'msg_other'))
  const { data } = await calls.listItems(context, { sessionId, ...page })
  const texts = data.map((item) => (item.type === 'message' ? Reflect.get(item.content[0] ?? {}, 'text') : ''))
  t.assert.deepStrictEqual(texts, ['first', 'second', 'third'])
  t.assert.match(data[1]?.id ?? '', /^msg_[0-9a-f]{32}$/)
})

test('an item of a turn whose id cannot be kept is appended under another one', async (t: TestContext) => {
  const { append, transcript } = await startSession(t)
  await append('resp_1', message('first', ''), message('second', 'nul\u0000'), message('third', 'third'))
  t.assert.match(await transcript(), /^msg_[0-9a-f]{32} msg_[0-9a-f]{32} third$/)
})

test('a turn may leave no items', async (t: TestContext) => {
  const { begin, append, transcript } = await startSession(t)
  await begin('resp_1')
  t.assert.deepStrictEqual(await append('resp_1'), { appended: true })
  t.assert.strictEqual(await transcript(), '')
  await begin('resp_2')
})

test('items of concurrent turns keep one order without a gap', async (t: TestContext) => {
  const { append, store, published } = await startSession(t)
  await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      append(`resp_${turn}`, message('in', `${turn}a`), message('out', `${turn}b`)),
    ),
  )
  const rows = await store.read.selectFrom('items').select(['position', 'item_id']).orderBy('position').execute()
  t.assert.deepStrictEqual(
    rows.map((row) => row.position),
    Array.from({ length: 40 }, (_, index) => index + 1),
  )
  for (let index = 0; index < rows.length; index += 2) {
    t.assert.strictEqual(rows[index]?.item_id.replace('a', 'b'), rows[index + 1]?.item_id)
  }
  // Whoever commits on another connection may be told of it in another order.
  t.assert.deepStrictEqual(
    published.map(({ seq }) => seq).toSorted((a, b) => a - b),
    Array.from({ length: 21 }, (_, index) => index + 1),
  )
})

test('a response that is never accepted holds its session for a moment only; one that runs prolongs it', async (t: TestContext) => {
  const { calls, store, sessionId, begin } = await startSession(t)
  const reserve = (responseId: string) => calls.beginTurn(context, { sessionId, responseId, until: 'accepted' })
  await reserve('resp_1')
  await t.assert.rejects(begin('resp_2'), failsWith('SESSION_BUSY', /resp_1/))
  await letPass(store, sessionId, reservationMs)
  await reserve('resp_2')
  await begin('resp_2')
  await reserve('resp_2')
  await letPass(store, sessionId, reservationMs)
  await t.assert.rejects(begin('resp_3'), failsWith('SESSION_BUSY', /resp_2/))
})

import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { context, expireAfterMs, failsWith, idleAfterMs, letPass, message, page, startService } from '../harness.ts'

const types = (published: readonly { type: string; seq: number }[]) =>
  published.map(({ type, seq }) => `${seq} ${type}`)

test('a session opens with its items, for a user or for nobody', async (t: TestContext) => {
  const { calls, published } = await startService(t)
  await calls.putUser(context, { userId: 'ada', profile: {}, preferences: {} })
  const items = [message('one'), message('two')]
  const session = await calls.createSession(context, { userId: 'ada', metadata: { topic: 'x' }, items })
  t.assert.match(session.sessionId, /^conv_[0-9a-f]{32}$/)
  t.assert.strictEqual(session.itemCount, 2)
  t.assert.deepStrictEqual(await calls.getSession(context, session), session)
  const listed = await calls.listItems(context, { sessionId: session.sessionId, ...page })
  t.assert.deepStrictEqual(listed.data, items)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  t.assert.strictEqual((await calls.getSession(context, { sessionId })).userId, null)
  t.assert.deepStrictEqual(published, [
    { type: 'session.opened.v1', tenant: 'tenant-a', seq: 1, data: { sessionId: session.sessionId, userId: 'ada' } },
    { type: 'session.opened.v1', tenant: 'tenant-a', seq: 1, data: { sessionId, userId: null } },
  ])
})

test('a refused session leaves nothing behind', async (t: TestContext) => {
  const { calls, published } = await startService(t)
  const twice = [message('one', 'msg_same'), message('two', 'msg_same')]
  const create = (input: object) => calls.createSession(context, { metadata: {}, items: [], ...input })
  await t.assert.rejects(create({ userId: 'nobody' }), failsWith('USER_NOT_FOUND', /nobody/))
  await t.assert.rejects(create({ items: twice }), failsWith('INVALID_REQUEST', /msg_same/))
  await t.assert.rejects(create({ metadata: { long: 'v'.repeat(513) } }), failsWith('INVALID_REQUEST', /512/))
  t.assert.deepStrictEqual((await calls.listSessions(context, page)).data, [])
  t.assert.deepStrictEqual(published, [])
})

test('an update replaces what it names and nothing else', async (t: TestContext) => {
  const { calls } = await startService(t)
  const created = await calls.createSession(context, { metadata: { a: '1' }, preferences: { model: 'm' }, items: [] })
  const { sessionId } = created
  const updated = await calls.updateSession(context, { sessionId, metadata: { b: '2' } })
  t.assert.deepStrictEqual(updated, { ...created, metadata: { b: '2' } })
  await calls.updateSession(context, { sessionId, preferences: {} })
  t.assert.deepStrictEqual(await calls.getSession(context, { sessionId }), { ...updated, preferences: {} })
  const tooMany = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))
  await t.assert.rejects(calls.updateSession(context, { sessionId, metadata: tooMany }), failsWith('INVALID_REQUEST'))
})

test('a closed session takes nothing new until it is reopened', async (t: TestContext) => {
  const { calls, published } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  t.assert.strictEqual((await calls.closeSession(context, { sessionId })).status, 'closed')
  const append = () => calls.appendItems(context, { sessionId, items: [message('hello')] })
  await t.assert.rejects(append(), failsWith('SESSION_CLOSED', /is closed.*Reopen it/))
  await t.assert.rejects(calls.beginTurn(context, { sessionId, responseId: 'resp_1' }), failsWith('SESSION_CLOSED'))
  t.assert.strictEqual((await calls.reopenSession(context, { sessionId })).status, 'open')
  await append()
  t.assert.deepStrictEqual(types(published), ['1 session.opened.v1', '2 session.closed.v1', '3 session.reopened.v1'])
})

test('closing and reopening again changes nothing and tells nobody', async (t: TestContext) => {
  const { calls, published } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  const closed = await calls.closeSession(context, { sessionId })
  t.assert.deepStrictEqual(await calls.closeSession(context, { sessionId }), closed)
  await calls.reopenSession(context, { sessionId })
  await calls.reopenSession(context, { sessionId })
  t.assert.deepStrictEqual(types(published), ['1 session.opened.v1', '2 session.closed.v1', '3 session.reopened.v1'])
})

test('a deleted session is gone with all it held, and its deletion is its last event', async (t: TestContext) => {
  const { calls, published, store } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [message('one')] })
  await calls.beginTurn(context, { sessionId, responseId: 'resp_1' })
  await calls.appendTurn(context, { sessionId, responseId: 'resp_1', items: [message('two')] })
  await calls.beginTurn(context, { sessionId, responseId: 'resp_2' })
  await calls.deleteSession(context, { sessionId })
  await t.assert.rejects(calls.getSession(context, { sessionId }), failsWith('SESSION_NOT_FOUND'))
  await t.assert.rejects(calls.deleteSession(context, { sessionId }), failsWith('SESSION_NOT_FOUND'))
  const late = calls.appendTurn(context, { sessionId, responseId: 'resp_2', items: [message('late')] })
  await t.assert.rejects(late, failsWith('SESSION_NOT_FOUND'))
  for (const table of ['sessions', 'items', 'turns'] as const) {
    t.assert.deepStrictEqual(await store.read.selectFrom(table).selectAll().execute(), [], table)
  }
  t.assert.deepStrictEqual(types(published), [
    '1 session.opened.v1',
    '2 session.turn-appended.v1',
    '3 session.deleted.v1',
  ])
})

test('sessions are listed page by page, by user and by status', async (t: TestContext) => {
  const { calls } = await startService(t)
  await calls.putUser(context, { userId: 'ada', profile: {}, preferences: {} })
  const ids: string[] = []
  for (const userId of ['ada', undefined, 'ada']) {
    ids.push((await calls.createSession(context, { userId, metadata: {}, items: [] })).sessionId)
  }
  const [first = '', , third = ''] = ids
  await calls.closeSession(context, { sessionId: third })
  const list = async (request: object) =>
    (await calls.listSessions(context, { ...page, ...request })).data.map((session) => session.sessionId)
  t.assert.deepStrictEqual(await list({}), ids)
  t.assert.deepStrictEqual(await list({ order: 'desc', limit: 1 }), [third])
  t.assert.deepStrictEqual(await list({ after: first }), ids.slice(1))
  t.assert.deepStrictEqual(await list({ userId: 'ada' }), [first, third])
  t.assert.deepStrictEqual(await list({ status: 'closed' }), [third])
})

test('the sweep puts unused sessions aside, and a turn or a reopening wakes them', async (t: TestContext) => {
  const { calls, store, sweep, published } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  const status = async () => (await calls.getSession(context, { sessionId })).status
  t.assert.strictEqual(await sweep(), 0)
  await letPass(store, sessionId, idleAfterMs)
  t.assert.strictEqual(await sweep(), 1)
  t.assert.strictEqual(await status(), 'idle')
  await calls.beginTurn(context, { sessionId, responseId: 'resp_1' })
  t.assert.strictEqual(await status(), 'open')
  await calls.appendTurn(context, { sessionId, responseId: 'resp_1', items: [message('hello')] })
  await letPass(store, sessionId, expireAfterMs)
  t.assert.strictEqual(await sweep(), 2)
  t.assert.strictEqual(await status(), 'expired')
  const begin = calls.beginTurn(context, { sessionId, responseId: 'resp_2' })
  await t.assert.rejects(begin, failsWith('SESSION_CLOSED', /has expired.*Reopen it/))
  t.assert.strictEqual((await calls.reopenSession(context, { sessionId })).status, 'open')
  t.assert.strictEqual(await sweep(), 0)
  t.assert.deepStrictEqual(types(published), [
    '1 session.opened.v1',
    '2 session.idled.v1',
    '3 session.reopened.v1',
    '4 session.turn-appended.v1',
    '5 session.idled.v1',
    '6 session.expired.v1',
    '7 session.reopened.v1',
  ])
})

test('the sweep reaches every tenant and goes on until none is left', async (t: TestContext) => {
  const { calls, store, sweep, published } = await startService(t)
  for (const tenant of ['tenant-a', 'tenant-b', 'tenant-c', 'tenant-a', 'tenant-b']) {
    const { sessionId } = await calls.createSession(testContext({ tenant }), { metadata: {}, items: [] })
    await letPass(store, sessionId, idleAfterMs)
  }
  t.assert.strictEqual(await sweep(), 5)
  const idled = published.filter((event) => event.type === 'session.idled.v1').map((event) => event.tenant)
  t.assert.deepStrictEqual(idled, ['tenant-a', 'tenant-b', 'tenant-c', 'tenant-a', 'tenant-b'])
})

test('the sweep leaves a session alone while a response works on it', async (t: TestContext) => {
  const { calls, store, sweep } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  await calls.beginTurn(context, { sessionId, responseId: 'resp_1' })
  await letPass(store, sessionId, idleAfterMs)
  t.assert.strictEqual(await sweep(), 0)
  await calls.abandonTurn(context, { sessionId, responseId: 'resp_1' })
  t.assert.strictEqual(await sweep(), 1)
})

test('what happened between listing and locking counts', async (t: TestContext) => {
  const { calls, store, sessions, sweep } = await startService(t)
  const ids: string[] = []
  for (let count = 0; count < 2; count++) {
    const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
    await letPass(store, sessionId, idleAfterMs)
    ids.push(sessionId)
  }
  const [woken = '', deleted = ''] = ids
  const listDue = sessions.listDue.bind(sessions)
  t.mock.method(sessions, 'listDue', async (request: Parameters<typeof listDue>[0]) => {
    const due = await listDue(request)
    for (const { sessionId } of due) {
      if (sessionId === woken) await calls.reopenSession(context, { sessionId })
      if (sessionId === deleted) await calls.deleteSession(context, { sessionId })
    }
    return due
  })
  t.assert.strictEqual(await sweep(), 0)
  t.assert.strictEqual((await calls.getSession(context, { sessionId: woken })).status, 'open')
})

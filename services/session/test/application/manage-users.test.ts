import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { context, failsWith, message, page, startService } from '../harness.ts'

const blank = { profile: {}, preferences: {} }

test('a user is put, read, replaced and listed', async (t: TestContext) => {
  const { calls } = await startService(t)
  const first = await calls.putUser(context, { userId: 'ada', profile: { name: 'Ada' }, preferences: { model: 'm' } })
  t.assert.deepStrictEqual(await calls.getUser(context, { userId: 'ada' }), first)
  const second = await calls.putUser(context, { userId: 'ada', ...blank })
  t.assert.deepStrictEqual([second.profile, second.preferences, second.createdAt], [{}, {}, first.createdAt])
  await calls.putUser(context, { userId: 'bob', ...blank })
  const { data, hasMore } = await calls.listUsers(context, { limit: 1, order: 'desc' })
  t.assert.deepStrictEqual([data.map((user) => user.userId), hasMore], [['bob'], true])
})

test('a user whose id cannot be kept is refused', async (t: TestContext) => {
  const { calls } = await startService(t)
  const put = calls.putUser(context, { userId: 'nul\u0000', ...blank })
  await t.assert.rejects(put, failsWith('INVALID_REQUEST', /user_id/))
})

test('a user goes with all sessions, however many, and others keep theirs', async (t: TestContext) => {
  const { calls, published } = await startService(t)
  for (const userId of ['ada', 'bob']) await calls.putUser(context, { userId, ...blank })
  const create = (userId: string) => calls.createSession(context, { userId, metadata: {}, items: [message('x')] })
  for (let count = 0; count < 45; count++) await create('ada')
  const kept = await create('bob')
  t.assert.deepStrictEqual(await calls.deleteUser(context, { userId: 'ada' }), {})
  await t.assert.rejects(calls.getUser(context, { userId: 'ada' }), failsWith('USER_NOT_FOUND'))
  await t.assert.rejects(create('ada'), failsWith('USER_NOT_FOUND', /Put the user first/))
  t.assert.deepStrictEqual((await calls.listSessions(context, page)).data, [kept])
  const deleted = published.filter(({ type }) => type === 'session.deleted.v1')
  t.assert.strictEqual(deleted.length, 45)
  t.assert.ok(deleted.every(({ seq, data }) => seq === 2 && Reflect.get(Object(data), 'userId') === 'ada'))
})

test('a deletion whose caller has gone stops, and repeating it goes on', async (t: TestContext) => {
  const { calls } = await startService(t)
  await calls.putUser(context, { userId: 'ada', ...blank })
  await calls.createSession(context, { userId: 'ada', metadata: {}, items: [] })
  const gone = testContext({ signal: AbortSignal.abort() })
  await t.assert.rejects(calls.deleteUser(gone, { userId: 'ada' }), failsWith('CALL_TIMEOUT', /Repeat it/))
  t.assert.strictEqual((await calls.listSessions(context, page)).data.length, 1)
  await calls.deleteUser(context, { userId: 'ada' })
  await t.assert.rejects(calls.deleteUser(context, { userId: 'ada' }), failsWith('USER_NOT_FOUND'))
})

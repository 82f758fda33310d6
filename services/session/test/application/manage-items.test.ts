import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import { context, failsWith, idleAfterMs, letPass, message, startService } from '../harness.ts'

test('appended items follow the others and open an idle session', async (t: TestContext) => {
  const { calls, store, sweep, published } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [message('one', 'a')] })
  await letPass(store, sessionId, idleAfterMs)
  await sweep()
  const added = [message('two', 'b'), message('three', 'c')]
  t.assert.deepStrictEqual(await calls.appendItems(context, { sessionId, items: added }), { items: added })
  const session = await calls.getSession(context, { sessionId })
  t.assert.deepStrictEqual([session.status, session.itemCount], ['open', 3])
  t.assert.strictEqual(published.at(-1)?.type, 'session.reopened.v1')
})

test('an id that the session has already is refused by name, and nothing is appended', async (t: TestContext) => {
  const { calls } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [message('one', 'a')] })
  const items = [message('two', 'b'), message('again', 'a')]
  const refused = await calls.appendItems(context, { sessionId, items }).catch((error: unknown) => error)
  t.assert.ok(refused instanceof AppError)
  t.assert.deepStrictEqual([refused.code, refused.param], ['INVALID_REQUEST', 'items[1].id'])
  t.assert.match(refused.message, /'a'/)
  const { data } = await calls.listItems(context, { sessionId, limit: 10, order: 'asc' })
  t.assert.deepStrictEqual(
    data.map((item) => item.id),
    ['a'],
  )
})

test('an id that cannot be kept is refused', async (t: TestContext) => {
  const { calls } = await startService(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  const append = (id: string) => calls.appendItems(context, { sessionId, items: [message('one', id)] })
  await t.assert.rejects(append(''), failsWith('INVALID_REQUEST', /items\[0\]\.id/))
  await t.assert.rejects(append('nul\u0000'), failsWith('INVALID_REQUEST', /control character/))
})

test('the same id may be used in another session', async (t: TestContext) => {
  const { calls } = await startService(t)
  for (const text of ['one', 'other']) {
    const item = message(text, 'mine')
    const { sessionId } = await calls.createSession(context, { metadata: {}, items: [item] })
    t.assert.deepStrictEqual(await calls.getItem(context, { sessionId, itemId: 'mine' }), item)
  }
})

test('items come back as they were given, unknown fields included', async (t: TestContext) => {
  const { calls } = await startService(t)
  const item: Item = Object.assign(message('NUL \u0000, 💬 and \ud83d', 'odd'), { phase: { unknown: [1, null] } })
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [item] })
  t.assert.deepStrictEqual(await calls.getItem(context, { sessionId, itemId: 'odd' }), item)
})

test('items are listed in both orders, page by page', async (t: TestContext) => {
  const { calls } = await startService(t)
  const items = ['a', 'b', 'c', 'd'].map((id) => message(id, id))
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  const list = async (order: 'asc' | 'desc', after?: string) => {
    const { data, hasMore } = await calls.listItems(context, { sessionId, limit: 2, order, after })
    return `${data.map((item) => item.id).join(' ')}${hasMore ? ' …' : ''}`
  }
  t.assert.strictEqual(await list('asc'), 'a b …')
  t.assert.strictEqual(await list('asc', 'b'), 'c d')
  t.assert.strictEqual(await list('desc'), 'd c …')
  t.assert.strictEqual(await list('desc', 'b'), 'a')
  t.assert.strictEqual(await list('desc', 'a'), '')
  await t.assert.rejects(list('asc', 'absent'), failsWith('ITEM_NOT_FOUND', /absent/))
})

test('a deleted item is gone and its session counts one less', async (t: TestContext) => {
  const { calls } = await startService(t)
  const items = [message('one', 'a'), message('two', 'b')]
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  const session = await calls.deleteItem(context, { sessionId, itemId: 'a' })
  t.assert.strictEqual(session.itemCount, 1)
  t.assert.deepStrictEqual(await calls.getSession(context, { sessionId }), session)
  await t.assert.rejects(calls.getItem(context, { sessionId, itemId: 'a' }), failsWith('ITEM_NOT_FOUND'))
  await t.assert.rejects(calls.deleteItem(context, { sessionId, itemId: 'a' }), failsWith('ITEM_NOT_FOUND'))
  await calls.appendItems(context, { sessionId, items: [message('three', 'a')] })
  const { data } = await calls.listItems(context, { sessionId, limit: 10, order: 'asc' })
  t.assert.deepStrictEqual(
    data.map((item) => item.id),
    ['b', 'a'],
  )
})

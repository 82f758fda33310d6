import { type TestContext, test } from 'node:test'
import { estimateItemTokens } from '@parley/kernel/usage.ts'
import { context, message, startService } from '../harness.ts'

const wide = 1_000_000

test('a context holds the whole of a short session, oldest first', async (t: TestContext) => {
  const { calls } = await startService(t)
  const items = Array.from({ length: 150 }, (_, index) => message(`text ${index}`))
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  const built = await calls.buildContext(context, { sessionId, tokensMax: wide })
  t.assert.deepStrictEqual(built.items, items)
  t.assert.strictEqual(
    built.tokens,
    items.reduce((sum, item) => sum + estimateItemTokens(item), 0),
  )
  t.assert.strictEqual(built.truncated, false)
})

test('a context keeps to the budget of tokens and to the bound of items', async (t: TestContext) => {
  const { calls } = await startService(t, { contextItemsMax: 50 })
  const items = Array.from({ length: 60 }, () => message('four'))
  const tokensEach = estimateItemTokens(message('four'))
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  const byTokens = await calls.buildContext(context, { sessionId, tokensMax: 20 * tokensEach + 1 })
  t.assert.deepStrictEqual(byTokens.items, items.slice(-20))
  t.assert.deepStrictEqual([byTokens.tokens, byTokens.truncated], [20 * tokensEach, true])
  const byItems = await calls.buildContext(context, { sessionId, tokensMax: wide })
  t.assert.deepStrictEqual([byItems.items, byItems.truncated], [items.slice(-50), true])
})

test('a session that fills the bound exactly is not truncated', async (t: TestContext) => {
  const { calls } = await startService(t, { contextItemsMax: 16 })
  const items = Array.from({ length: 16 }, () => message('x'))
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  const built = await calls.buildContext(context, { sessionId, tokensMax: wide })
  t.assert.deepStrictEqual([built.items.length, built.truncated], [16, false])
})

test('a deleted item leaves a gap that the context does not see', async (t: TestContext) => {
  const { calls } = await startService(t)
  const items = Array.from({ length: 40 }, () => message('x'))
  const { sessionId } = await calls.createSession(context, { metadata: {}, items })
  for (const item of items.slice(10, 35)) await calls.deleteItem(context, { sessionId, itemId: item.id })
  const built = await calls.buildContext(context, { sessionId, tokensMax: wide })
  t.assert.deepStrictEqual(built.items, [...items.slice(0, 10), ...items.slice(35)])
})

test("a session's preferences win over its user's, when a turn begins and in its context", async (t: TestContext) => {
  const { calls } = await startService(t)
  const ofUser = { model: 'users', temperature: 0.1, instructions: 'Be brief.' }
  await calls.putUser(context, { userId: 'ada', profile: {}, preferences: ofUser })
  const ofSession = { model: 'sessions', maxOutputTokens: 7 }
  const input = { userId: 'ada', metadata: {}, preferences: ofSession, items: [] }
  const { sessionId } = await calls.createSession(context, input)
  const merged = { model: 'sessions', temperature: 0.1, instructions: 'Be brief.', maxOutputTokens: 7 }
  t.assert.deepStrictEqual((await calls.beginTurn(context, { sessionId, responseId: 'resp_1' })).preferences, merged)
  t.assert.deepStrictEqual((await calls.buildContext(context, { sessionId, tokensMax: 0 })).preferences, merged)
})

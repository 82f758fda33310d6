import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import fc from 'fast-check'
import { chooseContextWindow, type SizedItem, type WindowLimits } from '../../domain/context-window.ts'

const wide: WindowLimits = { tokensMax: 1_000_000, itemsMax: 1_000 }

const say = (id: string, role: 'user' | 'assistant' = 'user'): Item => ({ type: 'message', id, role, content: [] })
const call = (id: string, callId: string): Item => ({
  type: 'function_call',
  id,
  call_id: callId,
  name: 'f',
  arguments: '{}',
})
const output = (id: string, callId: string): Item => ({
  type: 'function_call_output',
  id,
  call_id: callId,
  output: 'ok',
})
const think = (id: string): Item => ({ type: 'reasoning', id, summary: [] })

/** The ids of what is chosen of `history` (oldest first, one token each). */
async function chosen(history: readonly Item[], limits: Partial<WindowLimits> = {}): Promise<string> {
  const sized = history.map((item) => ({ item, tokens: 1 }))
  const window = await chooseContextWindow(pagesOf(sized, 3), { ...wide, ...limits })
  return window.items.map((item) => item.id).join(' ')
}

async function* pagesOf(history: readonly SizedItem[], size: number, seen: { items: number } = { items: 0 }) {
  const newestFirst = history.toReversed()
  for (let start = 0; start < newestFirst.length; start += size) {
    const page = newestFirst.slice(start, start + size)
    seen.items += page.length
    yield page
  }
}

test('the newest items that fit are chosen, oldest first', async (t: TestContext) => {
  const history = [say('a'), say('b', 'assistant'), say('c'), say('d', 'assistant')]
  t.assert.strictEqual(await chosen(history), 'a b c d')
  t.assert.strictEqual(await chosen(history, { tokensMax: 3 }), 'b c d')
  t.assert.strictEqual(await chosen(history, { itemsMax: 2 }), 'c d')
  t.assert.strictEqual(await chosen(history, { tokensMax: 0 }), '')
})

test('nothing is chosen from behind an item that does not fit', async (t: TestContext) => {
  const history = [
    { item: say('small'), tokens: 1 },
    { item: say('large'), tokens: 10 },
    { item: say('newest'), tokens: 1 },
  ]
  const window = await chooseContextWindow(pagesOf(history, 2), { tokensMax: 5, itemsMax: 9 })
  t.assert.deepStrictEqual(window, { items: [say('newest')], tokens: 1, truncated: true })
})

test('a window says whether older items were left out', async (t: TestContext) => {
  const sized = [say('a'), say('b')].map((item) => ({ item, tokens: 1 }))
  const truncated = async (limits: Partial<WindowLimits>) =>
    (await chooseContextWindow(pagesOf(sized, 1), { ...wide, ...limits })).truncated
  t.assert.strictEqual(await truncated({}), false)
  t.assert.strictEqual(await truncated({ itemsMax: 2, tokensMax: 2 }), false)
  t.assert.strictEqual(await truncated({ itemsMax: 1 }), true)
  t.assert.strictEqual(await truncated({ tokensMax: 1 }), true)
})

test('an output goes when its call fell out of the window', async (t: TestContext) => {
  const history = [say('a'), call('b', '1'), output('c', '1'), say('d', 'assistant')]
  t.assert.strictEqual(await chosen(history, { itemsMax: 3 }), 'b c d')
  t.assert.strictEqual(await chosen(history, { itemsMax: 2 }), 'd')
})

test('parallel calls are cut one pair at a time', async (t: TestContext) => {
  const history = [call('a', '1'), call('b', '2'), output('c', '1'), output('d', '2'), say('e', 'assistant')]
  t.assert.strictEqual(await chosen(history, { itemsMax: 4 }), 'b d e')
})

test('a call without output stays while only the model has spoken since', async (t: TestContext) => {
  t.assert.strictEqual(await chosen([say('a'), call('b', '1')]), 'a b')
  t.assert.strictEqual(await chosen([say('a'), call('b', '1'), say('c', 'assistant')]), 'a b c')
  t.assert.strictEqual(await chosen([call('a', '1'), call('b', '2'), output('c', '1')]), 'a b c')
  t.assert.strictEqual(await chosen([call('a', '1'), say('b')]), 'b')
})

test('an output belongs to the nearest older call of its id', async (t: TestContext) => {
  const history = [call('a', 'x'), say('b'), call('c', 'x'), output('d', 'x'), say('e')]
  t.assert.strictEqual(await chosen(history), 'b c d e')
  t.assert.strictEqual(await chosen([output('a', 'x'), call('b', 'x'), say('c')]), 'c')
  t.assert.strictEqual(await chosen([call('a', 'x'), output('b', 'x'), output('c', 'x')]), 'a b')
})

test('reasoning goes when what it led to is not right behind it', async (t: TestContext) => {
  t.assert.strictEqual(await chosen([think('a'), think('b'), say('c', 'assistant')]), 'a b c')
  t.assert.strictEqual(await chosen([say('a', 'assistant'), think('b')]), 'a')
  t.assert.strictEqual(await chosen([think('a'), say('b')]), 'b')
  t.assert.strictEqual(await chosen([think('a'), call('b', '1'), say('c')]), 'c')
})

const anyItem = fc.oneof(
  fc.constantFrom<Item>(say('', 'user'), say('', 'assistant'), think('')),
  fc.constantFrom('1', '2', '3').map((callId) => call('', callId)),
  fc.constantFrom('1', '2', '3').map((callId) => output('', callId)),
)
const anyHistory = fc
  .array(fc.record({ item: anyItem, tokens: fc.nat(20) }), { maxLength: 40 })
  .map((history) => history.map(({ item, tokens }, index) => ({ item: { ...item, id: `i${index}` }, tokens })))
const anyLimits = fc.record({ tokensMax: fc.nat(300), itemsMax: fc.integer({ min: 1, max: 45 }) })

test('property: every window keeps its limits and the order of the session', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyLimits, fc.integer({ min: 1, max: 9 }), async (history, limits, pageSize) => {
      const { items, tokens } = await chooseContextWindow(pagesOf(history, pageSize), limits)
      const places = items.map((item) => history.findIndex((entry) => entry.item.id === item.id))
      const tokensOf = places.reduce((sum, place) => sum + (history[place]?.tokens ?? Number.NaN), 0)
      return (
        tokens === tokensOf &&
        tokens <= limits.tokensMax &&
        items.length <= limits.itemsMax &&
        places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0))
      )
    }),
  )
})

test('property: in every window calls and outputs pair up, and reasoning leads to something', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyLimits, async (history, limits) => {
      const { items } = await chooseContextWindow(pagesOf(history, 4), limits)
      const open: { callId: string; place: number }[] = []
      for (const [place, item] of items.entries()) {
        if (item.type === 'function_call') open.push({ callId: item.call_id, place })
        if (item.type === 'function_call_output') {
          const match = open.findLastIndex((entry) => entry.callId === item.call_id)
          if (match === -1) return false
          open.splice(match, 1)
        }
        if (item.type === 'reasoning') {
          const follower = items[place + 1]
          if (follower === undefined || follower.type === 'function_call_output') return false
          if (follower.type === 'message' && follower.role !== 'assistant') return false
        }
      }
      const lastOther = items.findLastIndex((item) => item.type === 'message' && item.role !== 'assistant')
      return open.every(({ place }) => place > lastOther)
    }),
  )
})

test('property: messages alone are cut at exactly the limits', async () => {
  const anyMessages = anyHistory.map((history) =>
    history.map(({ tokens }, index) => ({ item: say(`i${index}`), tokens })),
  )
  await fc.assert(
    fc.asyncProperty(anyMessages, anyLimits, async (history, limits) => {
      const { items, truncated } = await chooseContextWindow(pagesOf(history, 4), limits)
      const fits = (count: number) =>
        count <= limits.itemsMax &&
        history.slice(history.length - count).reduce((sum, entry) => sum + entry.tokens, 0) <= limits.tokensMax
      return (
        fits(items.length) && truncated === items.length < history.length && (!truncated || !fits(items.length + 1))
      )
    }),
  )
})

test('property: the size of pages makes no difference, and no page is read that is not needed', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, anyLimits, fc.integer({ min: 1, max: 9 }), async (history, limits, pageSize) => {
      const seen = { items: 0 }
      const paged = await chooseContextWindow(pagesOf(history, pageSize, seen), limits)
      const whole = await chooseContextWindow(pagesOf(history, 100), limits)
      return JSON.stringify(paged) === JSON.stringify(whole) && seen.items <= limits.itemsMax + pageSize
    }),
  )
})

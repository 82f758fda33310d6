import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens } from '@parley/kernel/usage.ts'
import { truncateInput } from '../../domain/truncate-input.ts'

function say(id: string, role: 'user' | 'assistant' | 'developer' = 'user'): Item {
  return { id, type: 'message', role, content: [{ type: 'input_text', text: 'word '.repeat(100) }] }
}
const call: Item = { id: 'fc', type: 'function_call', call_id: 'c', name: 'f', arguments: 'word '.repeat(100) }
const output: Item = { id: 'out', type: 'function_call_output', call_id: 'c', output: 'word '.repeat(100) }
const each = estimateItemTokens(say('one'))
const idsOf = (items: readonly Item[]) => items.map(({ id }) => id)

test('input that fits is left as it is', (t: TestContext) => {
  t.assert.deepStrictEqual(idsOf(truncateInput([say('a'), say('b')], 2 * each)), ['a', 'b'])
})

test('the oldest items go first, and what guides the model stays', (t: TestContext) => {
  const items = [say('rule', 'developer'), say('a'), say('b', 'assistant'), say('c')]
  t.assert.deepStrictEqual(idsOf(truncateInput(items, 3 * each)), ['rule', 'b', 'c'])
})

test('an output does not stay without its call', (t: TestContext) => {
  const items = [say('a'), call, output, say('b')]
  t.assert.deepStrictEqual(idsOf(truncateInput(items, 2 * each)), ['b'])
})

test('the last item stays, whatever its length', (t: TestContext) => {
  t.assert.deepStrictEqual(idsOf(truncateInput([say('rule', 'developer'), say('a'), say('b')], 1)), ['rule', 'b'])
})

import { type TestContext, test } from 'node:test'
import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens } from '@parley/kernel/usage.ts'
import fc from 'fast-check'
import { ChainContext } from '../../domain/chain-context.ts'
import { tokensForContext } from '../../domain/token-budget.ts'
import { assistantMessage, userMessage } from '../neighbours.ts'

const call: Item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' }
const output: Item = { type: 'function_call_output', id: 'item_1', call_id: 'call_1', output: 'done' }
const tokensOf = (items: readonly Item[]) => items.reduce((sum, item) => sum + estimateItemTokens(item), 0)

test('a chain fills its budget with the newest items, in their order', () => {
  const responses = fc.array(
    fc.array(
      fc.string().map((text) => userMessage(text)),
      { maxLength: 4 },
    ),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(responses, fc.nat(60), (chain, tokensMax) => {
      const window = new ChainContext(tokensMax)
      for (const items of chain.toReversed()) if (!window.take(items)) break
      const kept = window.items()
      const whole = chain.flat()
      const left = whole.at(-1 - kept.length)
      const isSuffix = kept.every((item, index) => item === whole[whole.length - kept.length + index])
      const isFull = left === undefined || tokensOf(kept) + estimateItemTokens(left) > tokensMax
      return isSuffix && isFull && tokensOf(kept) <= tokensMax
    }),
  )
})

test('an output whose call did not fit is left out', (t: TestContext) => {
  const window = new ChainContext(tokensOf([output, assistantMessage('ok')]))
  t.assert.strictEqual(window.take([userMessage('go'), call, output, assistantMessage('ok')]), false)
  t.assert.deepStrictEqual(window.items(), [assistantMessage('ok')])
  const larger = new ChainContext(1_000)
  larger.take([call, output])
  t.assert.deepStrictEqual(larger.items(), [call, output])
})

test('the budget leaves room for the new input and the answer', (t: TestContext) => {
  const budget = {
    contextTokensMax: 8_192,
    modelTokensMax: 10_000,
    maxOutputTokens: 1_000,
    instructions: null,
    items: [],
  }
  t.assert.strictEqual(tokensForContext(budget), 8_192)
  t.assert.strictEqual(tokensForContext({ ...budget, maxOutputTokens: 4_000 }), 6_000)
  t.assert.strictEqual(tokensForContext({ ...budget, maxOutputTokens: undefined }), 7_500)
  const items = [userMessage('x'.repeat(400))]
  t.assert.strictEqual(tokensForContext({ ...budget, items }), 8_192 - tokensOf(items))
  t.assert.strictEqual(tokensForContext({ ...budget, maxOutputTokens: 20_000 }), 0)
})

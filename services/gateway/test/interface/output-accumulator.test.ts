import { type TestContext, test } from 'node:test'
import type { ResponseEnd } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { answerOf } from '../../interface/output-accumulator.ts'

const end: ResponseEnd = {
  ...{ type: 'response-end', status: 'completed', finish: 'stop' },
  ...{ incompleteReason: null, failure: null, usage: null, completedAt: 1 },
}

test('the answer is the output without what interrupted attempts had begun', (t: TestContext) => {
  const [broken, whole] = [message('Hel'), message('Hello')]
  t.assert.deepStrictEqual(answerOf({ output: [broken, whole], end: { ...end, abandonedItems: 1 } }), [whole])
  t.assert.deepStrictEqual(answerOf({ output: [whole], end }), [whole])
})

function message(text: string): Item {
  const content = [{ type: 'output_text' as const, text, annotations: [], logprobs: [] }]
  return { type: 'message', id: `msg_${text}`, role: 'assistant', status: 'completed', content }
}

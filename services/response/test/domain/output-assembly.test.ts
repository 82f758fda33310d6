import { type TestContext, test } from 'node:test'
import type { OutputStep } from '@parley/kernel/frames.ts'
import { OutputAssembly } from '../../domain/output-assembly.ts'
import { assistantMessage } from '../neighbours.ts'

const starts: OutputStep[] = [
  { type: 'item-start', index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
  { type: 'item-start', index: 1, item: { type: 'message', id: 'msg_1', role: 'assistant', content: [] } },
  { type: 'item-start', index: 2, item: { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '' } },
]

test('items that were cut off carry what had arrived', (t: TestContext) => {
  const assembly = new OutputAssembly()
  t.assert.strictEqual(assembly.hasOutput, false)
  for (const step of starts) assembly.take(step)
  for (const part of ['a', 'b']) {
    assembly.take({ type: 'reasoning-delta', index: 0, delta: part })
    assembly.take({ type: 'text-delta', index: 1, delta: part })
    assembly.take({ type: 'refusal-delta', index: 1, delta: part })
    assembly.take({ type: 'arguments-delta', index: 2, delta: part })
  }
  const items = assembly.items()
  t.assert.deepStrictEqual(items, [
    { type: 'reasoning', id: 'rs_1', status: 'incomplete', summary: [{ type: 'summary_text', text: 'ab' }] },
    {
      type: 'message',
      id: 'msg_1',
      status: 'incomplete',
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'ab', annotations: [] },
        { type: 'refusal', refusal: 'ab' },
      ],
    },
    { type: 'function_call', id: 'fc_1', status: 'incomplete', call_id: 'c', name: 'f', arguments: 'ab' },
  ])
  t.assert.deepStrictEqual(
    assembly.missingEnds(),
    items.map((item, index) => ({ type: 'item-end', index, item })),
  )
})

test('a finished item is taken as it is', (t: TestContext) => {
  const assembly = new OutputAssembly()
  const item = assistantMessage('done')
  assembly.take({ type: 'item-start', index: 0, item: { ...item, status: 'in_progress' } })
  assembly.take({ type: 'item-end', index: 0, item })
  t.assert.deepStrictEqual(assembly.items(), [item])
  t.assert.deepStrictEqual(assembly.missingEnds(), [])
})

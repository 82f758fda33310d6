import { type TestContext, test } from 'node:test'
import { AppError, type ErrorCode, errorTable } from '@parley/chassis/values/errors.ts'
import { outcomeOfError } from '../../domain/outcome.ts'
import { keptItems } from '../../domain/turn-rules.ts'
import { assistantMessage, usage, userMessage } from '../neighbours.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test('an error before anything was delivered always fails the response, with usage only if nobody knows what came of it', (t: TestContext) => {
  for (const code of codes) {
    const outcome = outcomeOfError(new AppError(code, 'words'), { delivered: false, usage })
    t.assert.deepStrictEqual(
      [outcome.status, outcome.usage],
      ['failed', code === 'OUTCOME_UNKNOWN' ? usage : null],
      code,
    )
    t.assert.deepStrictEqual(outcome.failure, { code, message: 'words', status: errorTable[code].status })
  }
})

test('a line that broke after something was delivered leaves an incomplete response, a refusal a failed one', (t: TestContext) => {
  const statusAfterDelivery = (code: ErrorCode) =>
    outcomeOfError(new AppError(code, 'words'), { delivered: true, usage }).status
  for (const code of ['PROVIDER_UNAVAILABLE', 'PROVIDER_STALLED', 'PROVIDER_GARBLED', 'OUTCOME_UNKNOWN'] as const) {
    t.assert.strictEqual(statusAfterDelivery(code), 'incomplete', code)
  }
  for (const code of ['PROVIDER_REFUSED', 'OUTPUT_INVALID', 'INTERNAL'] as const) {
    t.assert.strictEqual(statusAfterDelivery(code), 'failed', code)
  }
})

test('a cut turn keeps text but no calls, a finished one everything, a failed one nothing', (t: TestContext) => {
  const input = [userMessage('hi')]
  const call = { type: 'function_call' as const, id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{' }
  const text = assistantMessage('partial')
  const cut = outcomeOfError(new AppError('PROVIDER_STALLED', 'words'), { delivered: true, usage })
  t.assert.deepStrictEqual(keptItems(cut, input, [text, call]), [...input, text])
  t.assert.deepStrictEqual(keptItems(cut, input, [assistantMessage(''), call]), [])
  t.assert.deepStrictEqual(keptItems({ ...cut, status: 'completed', finish: 'tool-calls' }, input, [call]), [
    ...input,
    call,
  ])
  t.assert.deepStrictEqual(keptItems({ ...cut, status: 'failed' }, input, [text]), [])
})

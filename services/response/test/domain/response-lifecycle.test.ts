import { type TestContext, test } from 'node:test'
import { type Happening, isTerminal, lifecycle, statusAfter } from '../../domain/response-lifecycle.ts'

const happenings: readonly Happening[] = ['claim', 'complete', 'cut-short', 'fail', 'cancel']
const statuses = ['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled'] as const

test('nothing leads out of a terminal state', (t: TestContext) => {
  for (const status of statuses.filter(isTerminal)) {
    for (const happening of happenings) t.assert.strictEqual(lifecycle[status][happening], null)
  }
})

test('a response that was never claimed can only be claimed, failed or cancelled', (t: TestContext) => {
  const possible = happenings.filter((happening) => lifecycle.queued[happening] !== null)
  t.assert.deepStrictEqual(possible, ['claim', 'fail', 'cancel'])
})

test('everything can happen to a running response', (t: TestContext) => {
  t.assert.deepStrictEqual(
    happenings.map((happening) => statusAfter('in_progress', happening)),
    ['in_progress', 'completed', 'incomplete', 'failed', 'cancelled'],
  )
})

test('what cannot happen is refused', (t: TestContext) => {
  t.assert.throws(() => statusAfter('completed', 'cancel'), /completed cannot cancel/)
})

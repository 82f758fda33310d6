import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { createStep } from '../../../application/steps/trim.ts'
import { chunked, processed } from './harness.ts'

const step = createStep({ schemas: { problem: () => null }, redactionPatterns: [] })

test('white space around a text is taken away, however it is cut', async () => {
  const text = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', 'a', 'b', '\u00a0') })
  await fc.assert(
    fc.asyncProperty(chunked(text), async ({ text, deltas }) => (await processed(step, deltas)) === text.trim()),
  )
})

test('white space within a text stays', async (t: TestContext) => {
  t.assert.strictEqual(await processed(step, ['  one ', ' ', '\n two', ' \n']), 'one  \n two')
})

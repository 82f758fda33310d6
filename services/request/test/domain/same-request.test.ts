import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { comparableText } from '../../domain/same-request.ts'
import { message, submission } from '../harness.ts'

test('the order of members does not matter to the canonical text', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse())
      return canonicalJson(value) === canonicalJson(reversed)
    }),
  )
})

test('the canonical text reads back as the same value', (t: TestContext) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      t.assert.deepStrictEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('submissions that differ only in the ids of items compare as equal', (t: TestContext) => {
  const one = comparableText(submission({ items: [message('hello', 'msg_1')] }))
  t.assert.strictEqual(one, comparableText(submission({ items: [message('hello', 'msg_2')] })))
})

test('submissions that differ in anything else do not', (t: TestContext) => {
  const one = comparableText(submission())
  t.assert.notStrictEqual(one, comparableText(submission({ items: [message('good bye')] })))
  t.assert.notStrictEqual(one, comparableText(submission({ store: true })))
  t.assert.notStrictEqual(one, comparableText(submission({ options: { temperature: 0 } })))
})

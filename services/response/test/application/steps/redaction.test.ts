import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { redactionPatterns } from '../../../application/redaction-patterns.ts'
import { createStep, Redactor } from '../../../application/steps/redaction.ts'
import { chunked, processed } from './harness.ts'

const names = Object.keys(redactionPatterns)
const step = createStep({ schemas: { problem: () => null }, redactionPatterns: names })
const key = `sk-${'a1B2'.repeat(10)}`

const examples: readonly [string, string, string][] = [
  ['an address in a sentence', 'Write to jane.doe+x@mail.example.co.uk, please.', 'Write to [email], please.'],
  ['an address at the end', 'me@example.org', '[email]'],
  ['two addresses', 'a@b.org c@d.org', '[email] [email]'],
  ['no address without a domain', 'look @ this, me@localhost', 'look @ this, me@localhost'],
  ['a card number in groups', 'Card 4111 1111 1111 1111 2027', 'Card [card] 2027'],
  ['a card number with hyphens', '4111-1111-1111-1111.', '[card].'],
  ['no card number without its check digit', 'order 4111 1111 1111 1112', 'order 4111 1111 1111 1112'],
  ['no card number within a longer one', '41111111111111111111111111', '41111111111111111111111111'],
  ['a key', `use ${key}!`, 'use [api-key]!'],
  ['no key within a word', `task-${'a'.repeat(20)}`, `task-${'a'.repeat(20)}`],
  ['an AWS key', 'AKIAIOSFODNN7EXAMPLE', '[api-key]'],
]

for (const [what, text, expected] of examples) {
  test(`redaction of ${what}, cut at every place`, async (t: TestContext) => {
    for (let cut = 0; cut <= text.length; cut++) {
      t.assert.strictEqual(await processed(step, [text.slice(0, cut), text.slice(cut)]), expected)
    }
    t.assert.strictEqual(await processed(step, [...text]), expected)
  })
}

test('the outcome does not depend on where a text is cut', async () => {
  const fragments = [
    'a',
    '@',
    '.',
    'b.org',
    ' ',
    '4111',
    ' 1111',
    '-',
    '1',
    key,
    'sk-',
    '\n',
    'AKIA',
    '7EXAMPLE0',
    'é',
    '💬',
  ]
  const text = fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(chunked(text), async ({ text, deltas }) => {
      return (await processed(step, deltas)) === (await processed(step, [text]))
    }),
    { numRuns: 500 },
  )
})

test('no more text is held back than a match may be long', (t: TestContext) => {
  const patterns = Object.values(redactionPatterns)
  const charsMax = Math.max(...patterns.map((pattern) => pattern.charsMax))
  for (const unit of ['a', '1', '@', '.', '-', ' ', 'a@', 'a.']) {
    const redactor = new Redactor(patterns)
    let received = 0
    let emitted = 0
    for (let count = 0; count < 2_000; count++) {
      received += unit.length
      emitted += redactor.write(unit).length
      t.assert.ok(received - emitted <= charsMax + 1, `${received - emitted} characters of '${unit}' were held back`)
    }
  }
})

test('hostile text takes time in proportion to its length', (t: TestContext) => {
  const patterns = Object.values(redactionPatterns)
  const timeOf = (text: string) => {
    const startedAtMs = performance.now()
    const redactor = new Redactor(patterns)
    for (let index = 0; index < text.length; index += 1_000) redactor.write(text.slice(index, index + 1_000))
    redactor.end()
    return performance.now() - startedAtMs
  }
  for (const unit of ['a', 'a@', 'a.', '1 ', '4111', 'sk-', `${'a'.repeat(64)}@`]) {
    t.assert.ok(timeOf(unit.repeat(Math.ceil(400_000 / unit.length))) < 2_000, `'${unit}' took too long`)
  }
})

test('an unknown pattern is refused by name', (t: TestContext) => {
  const tools = { schemas: { problem: () => null }, redactionPatterns: ['shoe-size'] }
  t.assert.throws(() => createStep(tools), /shoe-size.*email, card, api-key/)
})

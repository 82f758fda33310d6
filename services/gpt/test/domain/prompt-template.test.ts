import { test } from 'node:test'
import { templateVariables } from '@parley/kernel/prompt-template.ts'
import { parseTemplate, renderTemplate } from '../../domain/prompt-template.ts'

const greeting = parseTemplate('greeting', { text: 'Hello {{ name }}, {{name}} of {{place}}. {{ not this }} {{}}' })

test('placeholders are the variables, each once', (t) => {
  t.assert.deepEqual(templateVariables(greeting.parts), ['name', 'place'])
})

test('every placeholder is filled and nothing else', (t) => {
  const text = renderTemplate(greeting, { name: 'Ada', place: 'London' })
  t.assert.equal(text, 'Hello Ada, Ada of London. {{ not this }} {{}}')
})

test('placeholders and patterns inside a value stay text', (t) => {
  const text = renderTemplate(greeting, { name: '{{place}}', place: '$&$1' })
  t.assert.equal(text, 'Hello {{place}}, {{place}} of $&$1. {{ not this }} {{}}')
})

for (const [what, variables, param] of [
  ['a missing variable', { name: 'Ada' }, 'prompt.variables.place'],
  ['an unknown variable', { name: 'Ada', place: 'x', age: '7' }, 'prompt.variables.age'],
] as const) {
  test(`${what} is refused by name`, (t) => {
    t.assert.throws(() => renderTemplate(greeting, variables), { code: 'INVALID_REQUEST', param })
  })
}

test('a variable is not found in a prototype', (t) => {
  const template = parseTemplate('t', { text: '{{constructor}}' })
  t.assert.throws(() => renderTemplate(template, {}), { code: 'INVALID_REQUEST' })
})

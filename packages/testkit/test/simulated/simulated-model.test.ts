import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import fc from 'fast-check'
import { directiveTable } from '../../simulated/directives.ts'
import { planAnswer, type SimulatedAnswer } from '../../simulated/simulated-model.ts'

function say(role: 'user' | 'assistant' | 'system', text: string): Item {
  return { type: 'message', id: 'm', role, content: [{ type: 'input_text', text }] }
}

function answer(items: Item[] | string, options: GenerationOptions = {}): SimulatedAnswer {
  const plan = planAnswer({
    instructions: null,
    items: typeof items === 'string' ? [say('user', items)] : items,
    options,
  })
  if (plan.kind === 'failure') throw new Error(plan.message)
  return plan
}

function text({ outputs }: SimulatedAnswer): string {
  return outputs.flatMap((output) => (output.type === 'call' ? [] : output.chunks)).join('')
}

function calls({ outputs }: SimulatedAnswer): string[] {
  return outputs.flatMap((output) =>
    output.type === 'call' ? [`${output.callId} ${output.name} ${output.chunks.join('')}`] : [],
  )
}

test('it says that it is simulated and quotes the last message', (t) => {
  t.assert.equal(text(answer('hello')), 'Simulated answer: you said “hello”.')
})

test('it counts the earlier messages, instructions aside', (t) => {
  const items = [say('system', 's'), say('user', 'a'), say('assistant', 'b'), say('user', 'c')]
  t.assert.equal(text(answer(items)), 'Simulated answer: you said “c”. I see 2 earlier messages.')
})

test('it remembers what it was told, and the latest counts', (t) => {
  const items = [
    say('user', 'Hi, my name is Bob'),
    say('user', 'sorry, my name is Ada and I like tea.'),
    say('assistant', 'ok'),
  ]
  t.assert.equal(text(answer([...items, say('user', 'What is my name?')])), 'Simulated answer: your name is Ada.')
  t.assert.equal(
    text(answer([...items, say('user', "what's my age?")])),
    'Simulated answer: you have not told me your age.',
  )
})

test('the limit of tokens cuts the answer', (t) => {
  const cut = answer('hello there', { maxOutputTokens: 2 })
  t.assert.deepEqual([text(cut), cut.finish, cut.usage.outputTokens], ['Simulated answer:', 'length', 2])
})

test('reasoning counts against the limit', (t) => {
  const cut = answer('/simulate reasoning=5\nhello', { maxOutputTokens: 5 })
  t.assert.deepEqual([cut.finish, cut.usage.reasoningTokens, cut.outputs.length], ['length', 5, 1])
})

test('the first stop sequence ends the answer before it', (t) => {
  const cut = answer('hello', { stop: ['hello', 'said', ''] })
  t.assert.deepEqual([text(cut), cut.finish], ['Simulated answer: you ', 'stop'])
})

const tool = (name: string) => ({
  type: 'function' as const,
  name,
  parameters: { type: 'object', properties: { city: { type: 'string', minLength: 3 } }, required: ['city'] },
})
const tools = [tool('get_weather'), tool('get_time')]
const called = (name: string, number = 1) => `call_simulated_${number} ${name} {"city":"simulated"}`

for (const [what, prompt, options, expected] of [
  ['no tool is wanted', 'hello', { tools }, []],
  ['the prompt mentions one', 'please call get_time now', { tools }, [called('get_time')]],
  ['the prompt mentions two', 'get_time, get_weather!', { tools }, [called('get_weather'), called('get_time', 2)]],
  ['only one at a time', 'get_time get_weather', { tools, parallelToolCalls: false }, [called('get_weather')]],
  ['a call is required', 'hello', { tools, toolChoice: 'required' }, [called('get_weather')]],
  ['one is named', 'hello', { tools, toolChoice: { type: 'function', name: 'get_time' } }, [called('get_time')]],
  ['none may be called', 'get_time', { tools, toolChoice: 'none' }, []],
  [
    'directives ask for two',
    '/simulate call=get_time calls=2\nx',
    { tools },
    [called('get_time'), called('get_time', 2)],
  ],
] as [string, string, GenerationOptions, string[]][]) {
  test(`tools: ${what}`, (t) => {
    const plan = answer(prompt, options)
    t.assert.deepEqual(calls(plan), expected)
    t.assert.equal(plan.finish, expected.length > 0 ? 'tool-calls' : 'stop')
  })
}

test('function outputs are answered in words that quote them', (t) => {
  const items: Item[] = [
    say('user', 'get_weather'),
    { type: 'function_call', id: 'f', call_id: 'c1', name: 'get_weather', arguments: '{}' },
    { type: 'function_call_output', id: 'o', call_id: 'c1', output: 'sunny' },
  ]
  t.assert.equal(text(answer(items, { tools })), 'Simulated answer: get_weather returned “sunny”.')
  t.assert.deepEqual(calls(answer([...items, say('user', 'get_time')], { tools })), [called('get_time', 2)])
})

test('formats are obeyed', (t) => {
  const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 7 } }, required: ['n'] }
  t.assert.equal(text(answer('x', { textFormat: { type: 'json_schema', name: 's', schema } })), '{"n":7}')
  t.assert.equal(JSON.parse(text(answer('x', { textFormat: { type: 'json_object' } }))).simulated, true)
})

for (const [prompt, message] of [
  ['/simulate nonsense=1', /no directive 'nonsense'/],
  ['/simulate __proto__=1', /no directive '__proto__'/],
  ['/simulate chunks=-1', /chunks must be a whole number/],
  ['/simulate fail_status=200', /fail_status must be a status/],
  ['/simulate garble=all', /garble must be one of/],
  ['/simulate call=nothing', /'nothing' is not among the tools/],
] as const) {
  test(`${prompt} is refused in words`, (t) => {
    const plan = planAnswer({ instructions: null, items: [say('user', prompt)], options: {} })
    t.assert.equal(plan.kind === 'failure' && plan.status, 400)
    t.assert.match(plan.kind === 'failure' ? plan.message : '', message)
  })
}

test('chunks and bytes are as many as asked for, and chunks add up to the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 99 }),
      fc.nat(3_000),
      (prompt, chunks, bytes) => {
        const plan = answer(`/simulate chunks=${chunks}\n${prompt}`)
        if (plan.outputs[0]?.chunks.length !== chunks) throw new Error(`${plan.outputs[0]?.chunks.length} chunks`)
        const exact = Buffer.byteLength(text(answer(`/simulate text_bytes=${bytes}\n${prompt}`)))
        if (exact !== bytes) throw new Error(`${exact} bytes`)
        const joined = text(answer(`/simulate chunks=3\n${prompt}`))
        if (!joined.startsWith(text(answer(prompt)).slice(0, 400))) throw new Error(joined)
      },
    ),
  )
})

test('the same request gets the same answer', () => {
  fc.assert(
    fc.property(fc.string(), (prompt) => {
      const [first, second] = [answer(prompt), answer(prompt)].map((plan) => JSON.stringify(plan))
      return first === second
    }),
    { numRuns: 50 },
  )
})

test('the README explains every directive and no other', async (t) => {
  const readme = await readFile(new URL('../../simulated/README.md', import.meta.url), 'utf8')
  const explained = [...readme.matchAll(/^\| `([a-z_]+)/gm)].map((match) => match[1])
  t.assert.deepEqual(explained.toSorted(), Object.keys(directiveTable).toSorted())
})

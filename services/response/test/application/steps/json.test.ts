import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import type { TextFormat } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import fc from 'fast-check'
import { createPipeline } from '../../../application/pipeline.ts'
import { createStep } from '../../../application/steps/json.ts'
import { AjvSchemaValidator } from '../../../infrastructure/ajv-schema-validator.ts'
import { generationEnd, itemStart, textSteps } from '../../neighbours.ts'
import { chunked, plain, processed } from './harness.ts'

const step = createStep({ schemas: new AjvSchemaValidator(), redactionPatterns: [] })
const object = { ...plain, textFormat: { type: 'json_object' } as const }
const schema = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] }
const person = { ...plain, textFormat: { type: 'json_schema', name: 'person', schema } as const }

test('nothing is done unless JSON was asked for', (t: TestContext) => {
  t.assert.strictEqual(step(plain), null)
  t.assert.strictEqual(step({ ...plain, textFormat: { type: 'text' } }), null)
})

const wrappings: readonly [string, string, string][] = [
  ['bare', '', ''],
  ['after white space', '\n ', '\n'],
  ['in a code fence', '```json\n', '\n```'],
  ['after a word of introduction', 'Here you are:\n', ''],
  ['between words with brackets', 'As [1] says {sic}: ', ' {that is all}'],
]

for (const [what, before, after] of wrappings) {
  test(`an object ${what} is found, however the text is cut`, async () => {
    const value = fc.dictionary(fc.string({ minLength: 3 }), fc.jsonValue(), { minKeys: 1 })
    const text = value.map((object) => JSON.stringify(object))
    await fc.assert(
      fc.asyncProperty(
        text.chain((json) => chunked(fc.constant(before + json + after)).map(({ deltas }) => ({ json, deltas }))),
        async ({ json, deltas }) => (await processed(step, deltas, object)) === json,
      ),
    )
  })
}

test('an object that starts at once is streamed as it comes', async (t: TestContext) => {
  const seen: string[] = []
  for await (const out of createPipeline([step])(object, textSteps(['{"a"', ':1', '} done']))) {
    if (out.type === 'text-delta') seen.push(out.delta)
  }
  t.assert.deepStrictEqual(seen, ['{"a"', ':1', '}'])
})

const invalid: readonly [string, string, TextFormat][] = [
  ['prose', 'I would rather not.', object.textFormat],
  ['broken JSON', '{"a": }', object.textFormat],
  ['an array for an object', '[1, 2]', object.textFormat],
  ['nothing', '', object.textFormat],
  ['JSON of another shape', '{"age": "old"}', person.textFormat],
  ['JSON with something missing', '{}', person.textFormat],
]

for (const [what, text, textFormat] of invalid) {
  test(`${what} is an invalid output`, async (t: TestContext) => {
    await t.assert.rejects(processed(step, [text], { ...plain, textFormat }), (error) => {
      return error instanceof AppError && error.code === 'OUTPUT_INVALID'
    })
  })
}

test('JSON that fits its schema passes', async (t: TestContext) => {
  t.assert.strictEqual(await processed(step, ['{"age": 7}'], person), '{"age": 7}')
})

test('an answer that was cut off, refuses or calls a function is not held to the format', async (t: TestContext) => {
  const content = [{ type: 'refusal' as const, refusal: 'No.' }]
  const refusal: Item = { type: 'message', id: 'msg_1', role: 'assistant', content }
  const calls = { type: 'function_call' as const, id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' }
  async function* refusing(): AsyncGenerator<GenerationStep> {
    yield itemStart
    yield { type: 'item-end', index: 0, item: refusal }
    yield generationEnd()
  }
  async function* calling(): AsyncGenerator<GenerationStep> {
    yield { type: 'item-end', index: 0, item: calls }
    yield generationEnd('tool-calls')
  }
  for (const steps of [textSteps(['{"age":'], 'length'), refusing(), calling()]) {
    const types: string[] = []
    for await (const { type } of createPipeline([step])(person, steps)) types.push(type)
    t.assert.strictEqual(types.at(-1), 'generation-end')
  }
})

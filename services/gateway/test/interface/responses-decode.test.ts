import { type TestContext, test } from 'node:test'
import { decodeCompaction, encodeCompaction } from '../../interface/responses/compaction-item.ts'
import { decodeOptions } from '../../interface/responses/decode-options.ts'
import { decodeToolChoice } from '../../interface/responses/decode-tool-choice.ts'
import { encodeItem } from '../../interface/responses/encode-items.ts'
import { startHarness } from '../harness.ts'

const f = { type: 'function' as const, name: 'f' }
const g = { type: 'function' as const, name: 'g' }

test('a choice of tools is one that every provider understands', (t: TestContext) => {
  const choice = (asked: Parameters<typeof decodeToolChoice>[0]) => decodeToolChoice(asked, [f, g]).choice
  t.assert.strictEqual(choice(null), undefined)
  for (const word of ['none', 'auto', 'required'] as const) t.assert.strictEqual(choice(word), word)
  t.assert.deepStrictEqual(choice({ type: 'function', name: 'g' }), { type: 'function', name: 'g' })
  t.assert.throws(() => choice({ type: 'function', name: 'h' }), { code: 'INVALID_REQUEST', param: 'tool_choice' })
  for (const type of ['web_search', 'mcp', 'custom', 'shell', 'apply_patch', 'programmatic_tool_calling']) {
    t.assert.throws(() => choice({ type }), { code: 'UNSUPPORTED_PARAMETER', param: 'tool_choice' }, type)
  }
})

test('of allowed tools the model is told of those alone, and the caller is shown all', (t: TestContext) => {
  const asked = { type: 'allowed_tools' as const, mode: 'required' as const, tools: [{ type: 'function', name: 'g' }] }
  const options = decodeOptions({ tools: [f, g, { type: 'web_search' }], tool_choice: asked })
  t.assert.deepStrictEqual([options.tools, options.toolChoice], [[g], 'required'])
  t.assert.deepStrictEqual(options.native?.parameters, { tool_choice: asked, tools: [f, { type: 'web_search' }] })
  const hostedOnly = decodeOptions({
    tools: [f, { type: 'web_search' }],
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'web_search' }] },
  })
  t.assert.deepStrictEqual([hostedOnly.tools, hostedOnly.toolChoice], [undefined, undefined])
})

test('what is asked of Parley is apart from what is asked of the model', (t: TestContext) => {
  const options = decodeOptions({
    background: true,
    truncation: 'disabled',
    prompt: { id: 'p', version: '2', variables: { a: { type: 'input_text', text: 'b' } } },
    temperature: 0,
    client_metadata: { a: 'b' },
  } as never)
  t.assert.deepStrictEqual(options, {
    temperature: 0,
    handling: { background: true, truncation: 'disabled', prompt: { id: 'p', version: '2', variables: { a: 'b' } } },
    native: { dialect: 'responses', parameters: { client_metadata: { a: 'b' } } },
  })
  t.assert.deepStrictEqual(decodeOptions({ background: false, truncation: null }), {})
})

test('a compaction is a message to the model and opaque to clients', (t: TestContext) => {
  const compaction = encodeCompaction('cmp_1', 'Ada lives in 世界.')
  t.assert.deepStrictEqual(encodeCompaction('cmp_1', 'Ada lives in 世界.'), compaction)
  const message = decodeCompaction(compaction)
  t.assert.strictEqual(message.role, 'user')
  t.assert.match(JSON.stringify(message.content), /Ada lives in 世界\./)
  t.assert.deepStrictEqual(encodeItem(message), compaction)
  t.assert.throws(() => decodeCompaction({ ...compaction, encrypted_content: 'gAAAA' }), { code: 'INVALID_REQUEST' })
})

test('what becomes of a broken response is asked for by header', async (t: TestContext) => {
  await using gateway = await startHarness()
  const restart = { 'x-parley-on-interrupt': 'restart' }
  t.assert.strictEqual((await gateway.post('/v1/responses', { input: 'x' }, restart)).status, 200)
  t.assert.strictEqual(gateway.fakes.submissions[0]?.submission.onInterrupt, 'restart')
  t.assert.strictEqual((await gateway.post('/v1/responses', { input: 'x', store: false }, restart)).status, 400)
})

test('a prompt variable without a text is refused, whatever its name', (t: TestContext) => {
  for (const value of [null, 5, {}]) {
    const prompt = { id: 'p', variables: { 'a\nb': value } } as never
    t.assert.throws(() => decodeOptions({ prompt }), /prompt\.variables/)
  }
})

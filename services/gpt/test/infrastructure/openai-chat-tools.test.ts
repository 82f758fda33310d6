import { type TestContext, test } from 'node:test'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import { testContext } from '@parley/testkit/context.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { flavourOf } from '../../infrastructure/chat-flavour.ts'
import { encodeTools } from '../../infrastructure/openai-chat-tools.ts'
import { SimulatedModelClient } from '../../infrastructure/simulated-model-client.ts'
import { clientOf } from '../client-of.ts'
import { collect, constantIds, modelRequest, shortTimeouts, told, userMessage } from '../model-steps.ts'

const any = flavourOf(new URL('http://localhost'))
const openAi = flavourOf(new URL('https://api.openai.com'))
const mark = { type: 'ephemeral' }
const native = (dialect: 'chat' | 'responses' | 'messages', parameters: object) => ({
  native: { dialect, parameters: parameters as Record<string, unknown> },
})

test('tools go as they came, where they came as chat and say more', (t: TestContext) => {
  const tools = [
    { type: 'function', function: { name: 'f', vendor: 1 }, cache_control: mark },
    { type: 'custom', custom: { name: 'notes' } },
  ]
  const tool_choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }
  const options: GenerationOptions = {
    tools: [{ type: 'function', name: 'f' }],
    ...native('chat', { tools, tool_choice }),
  }
  t.assert.deepEqual(encodeTools(options, any), { tools, tool_choice })
  const [first] = encodeTools(options, openAi).tools ?? []
  t.assert.deepEqual(first, { type: 'function', function: { name: 'f', vendor: 1 } })
})

test('cache marks of tools from elsewhere are for providers that may know them', (t: TestContext) => {
  const marked: GenerationOptions = {
    tools: [Object.assign({ type: 'function' as const, name: 'f' }, { cache_control: mark })],
  }
  const plain = { type: 'function', function: { name: 'f' } }
  const sent = (flavour: typeof any) => JSON.parse(JSON.stringify(encodeTools(marked, flavour).tools))
  t.assert.deepEqual(sent(any), [{ ...plain, cache_control: mark }])
  t.assert.deepEqual(sent(openAi), [plain])
})

test('tools of responses that take any text are those of chat; hosted ones are passed over', (t: TestContext) => {
  const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' }
  const tools = [{ type: 'web_search' }, { type: 'custom', name: 'notes', description: 'D', format }]
  const encoded = encodeTools(native('responses', { tools, tool_choice: { type: 'custom', name: 'notes' } }), any)
  t.assert.deepEqual(JSON.parse(JSON.stringify(encoded)), {
    tools: [
      {
        type: 'custom',
        custom: {
          name: 'notes',
          description: 'D',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
        },
      },
    ],
    tool_choice: { type: 'custom', custom: { name: 'notes' } },
  })
})

for (const delivery of ['whole', 'incremental'] as const) {
  test(`${delivery}: a tool that takes any text is called, over HTTP as in process, and its output answered`, async (t: TestContext) => {
    await using upstream = await startSimulatedUpstream()
    await using client = clientOf(new URL(upstream.url))
    const local = new SimulatedModelClient({ name: 'up', timeouts: shortTimeouts, newId: constantIds })
    const options = native('chat', { tools: [{ type: 'custom', custom: { name: 'notes' } }] })
    const asked = modelRequest('call notes', { delivery, options })
    const { steps } = await collect(client.generate(testContext(), asked))
    t.assert.deepEqual(steps, (await collect(local.generate(testContext(), asked))).steps)
    t.assert.deepEqual(told(steps).calls, ['call_simulated_1 notes Simulated input for notes.'])
    const items = steps.flatMap((step) => (step.type === 'item-end' ? [step.item] : []))
    t.assert.equal(items[0]?.type === 'function_call' && items[0].custom, true)
    const output = { type: 'function_call_output' as const, id: 'o', call_id: 'call_simulated_1', output: 'written' }
    const next = modelRequest('', { delivery, options, items: [userMessage('call notes'), ...items, output] })
    t.assert.match(told((await collect(client.generate(testContext(), next))).steps).text, /written/)
  })
}

import type { TestContext } from 'node:test'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions'
import { type Journey, journey } from '../journey.ts'

const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a place.',
    parameters: {
      type: 'object',
      properties: { place: { type: 'string' } },
      required: ['place'],
      additionalProperties: false,
    },
    strict: true,
  },
} as const satisfies ChatCompletionTool
const timeTool = {
  type: 'function',
  function: { name: 'get_time', parameters: { type: 'object', properties: {} } },
} as const satisfies ChatCompletionTool

const answerSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, inhabitants: { type: 'integer' } },
  required: ['city', 'inhabitants'],
  additionalProperties: false,
} as const

export const chatToolJourneys: readonly Journey[] = [
  journey('tools: a call is made, its output is given, the model answers with it', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Please use get_weather for Graz' }]
    const first = await completions.create({ model: 'tools', messages, tools: [weatherTool, timeTool] })
    const [choice] = first.choices
    t.assert.equal(choice?.finish_reason, 'tool_calls')
    t.assert.equal(choice?.message.content, null)
    const [call, second] = choice?.message.tool_calls ?? []
    t.assert.ok(choice !== undefined && call?.type === 'function' && second === undefined)
    t.assert.equal(call.function.name, 'get_weather')
    t.assert.equal(typeof JSON.parse(call.function.arguments).place, 'string')
    messages.push(choice.message, { role: 'tool', tool_call_id: call.id, content: 'sunny' })
    const last = await completions.create({ model: 'tools', messages, tools: [weatherTool] })
    t.assert.equal(last.choices[0]?.message.content, 'Simulated answer: get_weather returned “sunny”.')
    t.assert.equal(last.choices[0]?.finish_reason, 'stop')
  }),

  journey(
    'tools: parallel calls stream by index, with id and name in the first fragment of each',
    async (t: TestContext, system) => {
      const stream = await system.client().chat.completions.create({
        model: 'tools-parallel',
        messages: [{ role: 'user', content: 'get_weather and get_time, please' }],
        tools: [weatherTool, timeTool],
        stream: true,
      })
      const fragments = []
      let reason: string | null = null
      for await (const chunk of stream) {
        fragments.push(...(chunk.choices[0]?.delta.tool_calls ?? []))
        reason = chunk.choices[0]?.finish_reason ?? reason
      }
      t.assert.equal(reason, 'tool_calls')
      t.assert.deepEqual([...new Set(fragments.map(({ index }) => index))], [0, 1])
      for (const [index, name] of ['get_weather', 'get_time'].entries()) {
        const [first, ...rest] = fragments.filter((fragment) => fragment.index === index)
        t.assert.ok(first?.id !== undefined && first.id !== '')
        t.assert.equal(first.type, 'function')
        t.assert.equal(first.function?.name, name)
        t.assert.ok(rest.every(({ id, function: part }) => id === undefined && part?.name === undefined))
        const text = [first, ...rest].map((fragment) => fragment.function?.arguments ?? '').join('')
        t.assert.equal(typeof JSON.parse(text), 'object')
      }
    },
  ),

  journey('tools: tool_choice forces and forbids, parallel_tool_calls limits', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const ask = (extra: object) =>
      completions.create({
        model: 'tools-choice',
        messages: [{ role: 'user', content: 'get_weather get_time' }],
        tools: [weatherTool, timeTool],
        ...extra,
      })
    const named = await ask({ tool_choice: { type: 'function', function: { name: 'get_time' } } })
    const calls = named.choices[0]?.message.tool_calls ?? []
    t.assert.deepEqual(
      calls.map((call) => (call.type === 'function' ? call.function.name : null)),
      ['get_time'],
    )
    const none = await ask({ tool_choice: 'none' })
    t.assert.equal(none.choices[0]?.message.tool_calls, undefined)
    const single = await ask({ parallel_tool_calls: false })
    t.assert.equal(single.choices[0]?.message.tool_calls?.length, 1)
  }),

  journey('tools: the tool runner of the SDK runs to its end', async (t: TestContext, system) => {
    const asked: { place: string }[] = []
    const runner = system.client().chat.completions.runTools({
      model: 'tools-runner',
      messages: [{ role: 'user', content: 'use get_weather' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather of a place.',
            parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
            parse: (text: string) => JSON.parse(text) as { place: string },
            function: (given: { place: string }) => {
              asked.push(given)
              return 'rain'
            },
          },
        },
      ],
    })
    t.assert.equal(await runner.finalContent(), 'Simulated answer: get_weather returned “rain”.')
    t.assert.deepEqual(
      asked.map(({ place }) => typeof place),
      ['string'],
    )
  }),

  journey(
    'structured output: an answer in JSON fits its schema, parsed by the SDK, streamed or not',
    async (t: TestContext, system) => {
      const format = {
        type: 'json_schema',
        json_schema: { name: 'place', schema: answerSchema, strict: true },
      } as const
      const messages = [{ role: 'user' as const, content: 'Where?' }]
      const { completions } = system.client().chat
      const parsed = await completions.parse({ model: 'schema', messages, response_format: format })
      const value = JSON.parse(parsed.choices[0]?.message.content ?? '')
      t.assert.equal(typeof value.city, 'string')
      t.assert.ok(Number.isInteger(value.inhabitants))
      t.assert.deepEqual(Object.keys(value).sort(), ['city', 'inhabitants'])
      const streamed = await completions
        .stream({ model: 'schema-stream', messages, response_format: format })
        .finalChatCompletion()
      t.assert.equal(streamed.choices[0]?.message.content, parsed.choices[0]?.message.content)
      const object = await completions.create({
        model: 'schema-object',
        messages,
        response_format: { type: 'json_object' },
      })
      t.assert.equal(typeof JSON.parse(object.choices[0]?.message.content ?? ''), 'object')
    },
  ),
]

import type { TestContext } from 'node:test'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { type Journey, journey } from '../journey.ts'

const weatherTool = {
  type: 'function',
  name: 'get_weather',
  description: null,
  strict: true,
  parameters: {
    type: 'object',
    properties: { place: { type: 'string' } },
    required: ['place'],
    additionalProperties: false,
  },
} as const

export const responseJourneys: readonly Journey[] = [
  journey(
    'responses: an input is answered, and the object has every field that clients rely on',
    async (t: TestContext, system) => {
      const response = await system.client().responses.create({
        model: 'responses-plain',
        input: 'hello',
        instructions: 'Be brief.',
        metadata: { topic: 'greeting' },
        temperature: 0.5,
      })
      t.assert.match(response.id, /^resp_/)
      t.assert.equal(response.object, 'response')
      t.assert.equal(response.status, 'completed')
      t.assert.equal(response.output_text, 'Simulated answer: you said “hello”.')
      t.assert.deepEqual(response.metadata, { topic: 'greeting' })
      t.assert.equal(response.instructions, 'Be brief.')
      t.assert.equal(response.temperature, 0.5)
      const fields: Record<string, unknown> = { ...response }
      for (const name of alwaysSet)
        t.assert.ok(fields[name] !== undefined && fields[name] !== null, `${name} has a value`)
      for (const name of alwaysThere) t.assert.ok(fields[name] !== undefined, `${name} is there`)
      for (const item of response.output) t.assert.ok(item.id && 'status' in item && item.status === 'completed')
      const { usage } = response
      t.assert.ok(usage && usage.input_tokens > 0 && usage.output_tokens > 0)
      t.assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens)
      t.assert.equal(typeof usage.input_tokens_details.cached_tokens, 'number')
      t.assert.equal(typeof usage.input_tokens_details.cache_write_tokens, 'number')
      t.assert.equal(typeof usage.output_tokens_details.reasoning_tokens, 'number')
    },
  ),

  journey('responses: a stream has its events in order, numbered without a gap', async (t: TestContext, system) => {
    const stream = await system.client().responses.create({
      model: 'responses-stream',
      input: '/simulate chunks=5\nhello',
      stream: true,
    })
    const events = await Array.fromAsync(stream)
    t.assert.deepEqual(
      events.map(({ sequence_number }) => sequence_number),
      events.map((_, index) => index),
    )
    const types = events.map(({ type }) => type)
    t.assert.deepEqual(
      types.filter((type, index) => type !== types[index - 1]),
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    )
    t.assert.equal(types.filter((type) => type === 'response.output_text.delta').length, 5)
    const ids = events.flatMap((event) => ('response' in event ? [event.response.id] : []))
    t.assert.equal(new Set(ids).size, 1)
    t.assert.equal(new Set(events.flatMap(itemIdOf)).size, 1, 'one item id throughout')
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    const done = events.find((event) => event.type === 'response.output_text.done')
    t.assert.equal(done?.type === 'response.output_text.done' ? done.text : null, text)
    const completed = events.at(-1)
    t.assert.ok(completed?.type === 'response.completed')
    t.assert.ok(completed.response.usage && completed.response.usage.output_tokens > 0)
    t.assert.deepEqual(await storedOutput(system.client(), completed.response.id), completed.response.output)
  }),

  journey(
    'responses: on the wire each event is named after its type, and the stream ends with its mark',
    async (t: TestContext, system) => {
      const answer = await system.fetch('/v1/responses', {
        body: { model: 'responses-raw', input: 'hello', stream: true },
      })
      const events = parseEvents(await answer.text())
      t.assert.equal(events.at(-1)?.data, doneMark)
      for (const { event, data } of events.slice(0, -1)) t.assert.equal(event, (data as ResponseStreamEvent).type)
      const delta = events
        .map(({ data }) => data as ResponseStreamEvent)
        .find((data) => data.type === 'response.output_text.delta')
      t.assert.ok(delta?.type === 'response.output_text.delta' && Array.isArray(delta.logprobs))
    },
  ),

  journey('responses: the stream helper of the SDK gives the final response', async (t: TestContext, system) => {
    const deltas: string[] = []
    const stream = system
      .client()
      .responses.stream({ model: 'responses-helper', input: 'hello' })
      .on('response.output_text.delta', ({ delta }) => deltas.push(delta))
    const response = await stream.finalResponse()
    t.assert.equal(response.status, 'completed')
    t.assert.equal(response.output_text, deltas.join(''))
  }),

  journey('responses: a function call is streamed, answered and continued', async (t: TestContext, system) => {
    const { responses } = system.client()
    const stream = await responses.create({
      model: 'responses-tools',
      input: 'use get_weather',
      tools: [weatherTool],
      stream: true,
    })
    const events = await Array.fromAsync(stream)
    const added = events.find((event) => event.type === 'response.output_item.added')
    t.assert.ok(added?.type === 'response.output_item.added' && added.item.type === 'function_call')
    t.assert.equal(added.item.arguments, '')
    const done = events.find((event) => event.type === 'response.function_call_arguments.done')
    t.assert.ok(done?.type === 'response.function_call_arguments.done')
    t.assert.equal('name' in done ? done.name : null, 'get_weather')
    const pieces = events.map((event) => (event.type === 'response.function_call_arguments.delta' ? event.delta : ''))
    t.assert.equal(pieces.join(''), done.arguments)
    const ended = events.at(-1)
    t.assert.ok(ended?.type === 'response.completed')
    const [call] = ended.response.output
    t.assert.ok(call?.type === 'function_call')
    const output = { type: 'function_call_output', call_id: call.call_id, output: 'snow' } as const
    const chained = await responses.create({
      model: 'responses-tools',
      previous_response_id: ended.response.id,
      input: [output],
    })
    t.assert.equal(chained.output_text, 'Simulated answer: get_weather returned “snow”.')
    const resent = await responses.create({
      model: 'responses-tools',
      input: [{ role: 'user', content: 'use get_weather' }, call, output],
      tools: [weatherTool],
    })
    t.assert.equal(resent.output_text, chained.output_text)
  }),

  journey('responses: structured output is parsed by the SDK', async (t: TestContext, system) => {
    const response = await system.client().responses.parse({
      model: 'responses-schema',
      input: 'Where?',
      text: {
        format: {
          type: 'json_schema',
          name: 'place',
          strict: true,
          schema: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
            additionalProperties: false,
          },
        },
      },
    })
    t.assert.equal(typeof JSON.parse(response.output_text).city, 'string')
    t.assert.equal(response.text?.format?.type, 'json_schema')
  }),

  journey('responses: one that reaches its token limit is incomplete, and says why', async (t: TestContext, system) => {
    const { responses } = system.client()
    const response = await responses.create({ model: 'responses-limit', input: 'hello', max_output_tokens: 2 })
    t.assert.equal(response.status, 'incomplete')
    t.assert.equal(response.incomplete_details?.reason, 'max_output_tokens')
    t.assert.equal(response.output_text, 'Simulated answer:')
    const stream = await responses.create({
      model: 'responses-limit',
      input: 'hello',
      max_output_tokens: 2,
      stream: true,
    })
    const last = (await Array.fromAsync(stream)).at(-1)
    t.assert.equal(last?.type, 'response.incomplete')
  }),

  journey('responses: reasoning and refusals stream as items of their own kind', async (t: TestContext, system) => {
    const { responses } = system.client()
    const stream = await responses.create({
      model: 'responses-reasoning',
      input: '/simulate reasoning=4\nhello',
      stream: true,
    })
    const last = (await Array.fromAsync(stream)).at(-1)
    t.assert.ok(last?.type === 'response.completed')
    t.assert.deepEqual(
      last.response.output.map(({ type }) => type),
      ['reasoning', 'message'],
    )
    t.assert.equal(last.response.usage?.output_tokens_details.reasoning_tokens, 4)
    const refused = await responses.create({ model: 'responses-refusal', input: '/simulate refusal\nhello' })
    const [item] = refused.output
    t.assert.ok(item?.type === 'message' && item.content[0]?.type === 'refusal')
  }),
]

const alwaysSet = [
  'id',
  'object',
  'created_at',
  'status',
  'model',
  'output',
  'top_p',
  'temperature',
  'presence_penalty',
  'frequency_penalty',
  'top_logprobs',
  'tools',
  'tool_choice',
  'truncation',
  'parallel_tool_calls',
  'text',
  'store',
  'background',
  'service_tier',
  'metadata',
  'usage',
  'completed_at',
]
const alwaysThere = [
  'incomplete_details',
  'previous_response_id',
  'instructions',
  'error',
  'reasoning',
  'max_output_tokens',
  'max_tool_calls',
  'safety_identifier',
  'prompt_cache_key',
]

function itemIdOf(event: ResponseStreamEvent): string[] {
  if ('item_id' in event && typeof event.item_id === 'string') return [event.item_id]
  return 'item' in event && typeof event.item === 'object' && event.item.id ? [event.item.id] : []
}

async function storedOutput(client: ReturnType<Parameters<Journey['run']>[1]['client']>, id: string) {
  return (await client.responses.retrieve(id)).output
}

import type { TestContext } from 'node:test'
import { APIError } from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { type Journey, journey } from '../journey.ts'

const ask = (content: string): ChatCompletionMessageParam[] => [{ role: 'user', content }]

export const chatParameterJourneys: readonly Journey[] = [
  journey('chat: n answers come as n choices, streamed or not', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const wish = { model: 'chat-n', messages: ask('hello'), n: 3 }
    const whole = await completions.create(wish)
    t.assert.deepEqual(
      whole.choices.map(({ index, finish_reason: reason }) => [index, reason]),
      [
        [0, 'stop'],
        [1, 'stop'],
        [2, 'stop'],
      ],
    )
    const streamed = await completions
      .stream({ ...wish, stream_options: { include_usage: true } })
      .finalChatCompletion()
    t.assert.deepEqual(
      streamed.choices.map(({ message }) => message.content),
      whole.choices.map(({ message }) => message.content),
    )
    t.assert.equal(streamed.usage?.completion_tokens, whole.usage?.completion_tokens)
    const one = await completions.create({ ...wish, n: 1 })
    t.assert.equal(whole.usage?.completion_tokens, 3 * (one.usage?.completion_tokens ?? 0))
  }),

  journey('chat: n answers may each call tools', async (t: TestContext, system) => {
    const tools = [{ type: 'function' as const, function: { name: 'get_time', parameters: { type: 'object' } } }]
    const wish = { model: 'chat-n-tools', messages: ask('get_time'), n: 2, tools }
    const { completions } = system.client().chat
    const whole = await completions.create(wish)
    const streamed = await completions.stream(wish).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      t.assert.deepEqual(
        choices.map(({ message, finish_reason: reason }) => [message.tool_calls?.length, reason]),
        [
          [1, 'tool_calls'],
          [1, 'tool_calls'],
        ],
      )
    }
  }),

  journey('chat: log probabilities are given to those who ask, streamed or not', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const wish = { model: 'chat-logprobs', messages: ask('hello'), logprobs: true, top_logprobs: 2 }
    const whole = await completions.create(wish)
    const tokens = whole.choices[0]?.logprobs?.content ?? []
    t.assert.ok(tokens.length > 1)
    t.assert.equal(tokens.map(({ token }) => token).join(''), whole.choices[0]?.message.content)
    t.assert.ok(tokens.every(({ top_logprobs: top, logprob }) => top.length === 2 && logprob < 0))
    const streamed = await completions.stream(wish).finalChatCompletion()
    t.assert.deepEqual(streamed.choices[0]?.logprobs?.content, tokens)
    const plain = await completions.create({ model: 'chat-logprobs', messages: ask('hello') })
    t.assert.equal(plain.choices[0]?.logprobs, null)
    await t.assert.rejects(
      completions.create({ model: 'chat-logprobs', messages: ask('hello'), top_logprobs: 2 }),
      (error: unknown) => error instanceof APIError && error.status === 400 && error.param === 'top_logprobs',
    )
  }),

  journey('chat: parameters of the dialect reach the provider, and answers come', async (t: TestContext, system) => {
    const completion = await system.client().chat.completions.create({
      model: 'chat-passed-on',
      messages: [
        {
          role: 'user',
          name: 'ada',
          content: [
            { type: 'text', text: 'hello' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          ],
        },
      ],
      seed: 7,
      user: 'ada',
      verbosity: 'low',
      prediction: { type: 'content', content: 'hello' },
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'wav' },
    })
    t.assert.equal(completion.choices[0]?.finish_reason, 'stop')
  }),
]

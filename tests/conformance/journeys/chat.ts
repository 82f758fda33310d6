import type { TestContext } from 'node:test'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { type Journey, journey } from '../journey.ts'

const user = (content: string) => ({ role: 'user' as const, content })

export const chatJourneys: readonly Journey[] = [
  journey('chat: a question is answered in one piece', async (t: TestContext, system) => {
    const completion = await system.client().chat.completions.create({
      model: 'chat-plain',
      messages: [{ role: 'system', content: 'Be brief.' }, user('my name is Ada. what is my name?')],
    })
    t.assert.match(completion.id, /^chatcmpl-|^resp_/)
    t.assert.equal(completion.object, 'chat.completion')
    t.assert.equal(completion.model, 'chat-plain')
    t.assert.ok(Math.abs(completion.created - Date.now() / 1_000) < 60, 'created is in seconds')
    const [choice] = completion.choices
    t.assert.equal(choice?.message.role, 'assistant')
    t.assert.equal(choice?.message.content, 'Simulated answer: your name is Ada.')
    t.assert.equal(choice?.message.refusal, null)
    t.assert.equal(choice?.finish_reason, 'stop')
    const { usage } = completion
    t.assert.ok(usage !== undefined && usage.prompt_tokens > 0 && usage.completion_tokens > 0)
    t.assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
  }),

  journey(
    'chat: a stream names its role first, its end last, and keeps id, time and model',
    async (t: TestContext, system) => {
      const stream = await system.client().chat.completions.create({
        model: 'chat-stream',
        messages: [user('/simulate chunks=12\nhello')],
        stream: true,
      })
      const chunks = await Array.fromAsync(stream)
      t.assert.equal(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1)
      t.assert.deepEqual([...new Set(chunks.map(({ object }) => object))], ['chat.completion.chunk'])
      t.assert.equal(chunks[0]?.choices[0]?.delta.role, 'assistant')
      t.assert.ok(chunks.slice(1).every(({ choices }) => choices[0]?.delta.role === undefined))
      const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason)
      t.assert.equal(reasons.at(-1), 'stop')
      t.assert.ok(reasons.slice(0, -1).every((reason) => reason === null))
      const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter((text) => text !== '')
      t.assert.match(texts.join(''), /^Simulated answer: you said “hello”\./)
      t.assert.equal(texts.length, 12, 'each delta of the provider comes as one chunk')
      t.assert.ok(chunks.every((chunk) => !chunk.usage))
    },
  ),

  journey('chat: usage comes as one more chunk when it was asked for', async (t: TestContext, system) => {
    const stream = await system.client().chat.completions.create({
      model: 'chat-usage',
      messages: [user('hello')],
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    const last = chunks.at(-1)
    t.assert.deepEqual(last?.choices, [])
    t.assert.ok(last?.usage && last.usage.completion_tokens > 0)
    t.assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null))
  }),

  journey('chat: a stream has unnamed events and ends with its mark', async (t: TestContext, system) => {
    const answer = await system.fetch('/v1/chat/completions', {
      body: { model: 'chat-raw', messages: [user('hello')], stream: true },
    })
    t.assert.equal(answer.status, 200)
    t.assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/)
    const events = parseEvents(await answer.text())
    t.assert.ok(events.every(({ event }) => event === null))
    t.assert.equal(events.at(-1)?.data, doneMark)
    t.assert.equal(events.filter(({ data }) => data === doneMark).length, 1)
  }),

  journey('chat: the stream helper of the SDK puts the same answer together', async (t: TestContext, system) => {
    const stream = system.client().chat.completions.stream({ model: 'chat-helper', messages: [user('hello')] })
    const completion = await stream.finalChatCompletion()
    t.assert.equal(completion.choices[0]?.message.content, 'Simulated answer: you said “hello”.')
    t.assert.equal(completion.choices[0]?.finish_reason, 'stop')
  }),

  journey('chat: stop sequences and token limits end the answer', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const stopped = await completions.create({ model: 'chat-stop', messages: [user('hello')], stop: [' you'] })
    t.assert.equal(stopped.choices[0]?.message.content, 'Simulated answer:')
    t.assert.equal(stopped.choices[0]?.finish_reason, 'stop')
    const limited = await completions.create({ model: 'chat-limit', messages: [user('hello')], max_tokens: 2 })
    t.assert.equal(limited.choices[0]?.message.content, 'Simulated answer:')
    t.assert.equal(limited.choices[0]?.finish_reason, 'length')
    t.assert.equal(limited.usage?.completion_tokens, 2)
    const stream = await completions.create({
      model: 'chat-limit-stream',
      messages: [user('hello')],
      max_completion_tokens: 2,
      stream: true,
    })
    const chunks = await Array.fromAsync(stream)
    t.assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'length')
  }),

  journey('chat: a refusal and reasoning have their own places', async (t: TestContext, system) => {
    const { completions } = system.client().chat
    const refused = await completions.create({ model: 'chat-refusal', messages: [user('/simulate refusal\nhello')] })
    t.assert.equal(refused.choices[0]?.message.content, null)
    t.assert.match(refused.choices[0]?.message.refusal ?? '', /^Simulated refusal/)
    const reasoned = await completions.create({
      model: 'chat-reasoning',
      messages: [user('/simulate reasoning=5\nhello')],
    })
    t.assert.equal(reasoned.choices[0]?.message.content, 'Simulated answer: you said “hello”.')
    t.assert.equal(reasoned.usage?.completion_tokens_details?.reasoning_tokens, 5)
  }),

  journey(
    'chat: parameters of the dialect reach the provider, and text of any script comes back',
    async (t: TestContext, system) => {
      const text = 'Grüße, 世界 🌍 “ok”'
      const completion = await system.client().chat.completions.create({
        model: 'chat-unicode',
        messages: [user(text)],
        seed: 7,
        user: 'someone',
        temperature: 0,
        metadata: { origin: 'a test' },
      })
      t.assert.equal(completion.choices[0]?.message.content, `Simulated answer: you said “${text}”.`)
    },
  ),
]

import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import type { ModelStep } from '../../application/ports.ts'
import { OpenAiCompatibleModelClient } from '../../infrastructure/openai-compatible-model-client.ts'
import { cutPlaces } from '../cut-places.ts'
import { collect, longTimeouts, modelRequest } from '../model-steps.ts'
import { sendPieces, startRecordedUpstream } from '../recorded-upstream.ts'

const chunk = (...choices: object[]) => `data: ${JSON.stringify({ id: 'c', model: 'm', choices })}\n\n`
const choice = (index: number, delta: object, more: object = {}) => ({ index, delta, finish_reason: null, ...more })
const done = 'data: [DONE]\n\n'
const logprob = (token: string) => ({ token, logprob: -0.5, bytes: [...Buffer.from(token)], top_logprobs: [] })

const twoChoices = [
  chunk(choice(0, { role: 'assistant', content: '' }), choice(1, { role: 'assistant', content: '' })),
  chunk(choice(0, { content: 'Hé' })),
  chunk(choice(1, { content: 'Bon' })),
  chunk(choice(0, { content: 'llo' }), choice(1, { content: 'jour' })),
  chunk(choice(1, {}, { finish_reason: 'length' })),
  chunk(choice(0, {}, { finish_reason: 'stop' })),
  done,
].join('')

const withLogprobs = [
  chunk(choice(0, { role: 'assistant', content: '' }, { logprobs: { content: [], refusal: null } })),
  chunk(choice(0, { content: 'Hi' }, { logprobs: { content: [logprob('Hi')], refusal: null } })),
  chunk(choice(0, { content: '!' }, { logprobs: { content: [logprob('!')], refusal: null } })),
  chunk(choice(0, {}, { finish_reason: 'stop' })),
  done,
].join('')

const sound = [
  chunk(choice(0, { role: 'assistant', content: null, audio: { id: 'audio_1' } })),
  chunk(choice(0, { audio: { data: 'AAAA', transcript: 'Good ' } })),
  chunk(choice(0, { audio: { data: 'BBBB', transcript: 'day', expires_at: 7 } })),
  chunk(choice(0, {}, { finish_reason: 'stop' })),
  done,
].join('')

const signedCall = [
  chunk(
    choice(0, {
      tool_calls: [
        {
          index: 0,
          id: 'f',
          type: 'function',
          function: { name: 'get', arguments: '{}' },
          extra_content: { google: 1 },
        },
      ],
    }),
  ),
  chunk(choice(0, {}, { finish_reason: 'tool_calls' })),
  done,
].join('')

/** What the client makes of a stream, for each place at which its bytes are cut in two. */
async function replay(text: string, choices?: number): Promise<{ steps: ModelStep[]; code: string | null }[]> {
  const bytes = Buffer.from(text)
  let cut = 0
  await using upstream = await startRecordedUpstream((response) =>
    sendPieces(response, [bytes.subarray(0, cut), bytes.subarray(cut)]),
  )
  let count = 0
  await using client = new OpenAiCompatibleModelClient({
    ...{ name: 'recorded', baseUrl: upstream.url, apiKey: null, connectionsMax: 1, timeouts: longTimeouts },
    newId: (prefix) => `${prefix}_${count++}`,
  })
  const request = modelRequest('hello', choices === undefined ? {} : { options: { choices } })
  const outcomes = []
  for (cut of cutPlaces(bytes.length)) {
    count = 0
    const { steps, code } = await collect(client.generate(testContext({ deadlineMs: 60_000 }), request))
    outcomes.push({ steps: [...steps], code })
  }
  return outcomes
}

async function steps(t: TestContext, text: string, choices?: number): Promise<ModelStep[]> {
  const [first, ...others] = await replay(text, choices)
  t.assert.ok(first !== undefined && first.code === null)
  t.assert.equal(
    others.findIndex((other) => JSON.stringify(other) !== JSON.stringify(first)),
    -1,
    'cuts do not matter',
  )
  return first.steps
}

const ended = (all: readonly ModelStep[]) => all.flatMap((step) => (step.type === 'item-end' ? [step.item] : []))

test('several choices become items that name theirs, each with its own end', async (t: TestContext) => {
  const all = await steps(t, twoChoices, 2)
  const texts = ended(all).map((item) => [
    item.type === 'message' && item.content[0]?.type === 'output_text' ? item.content[0].text : null,
    'choice' in item ? item.choice : undefined,
    item.status,
  ])
  t.assert.deepEqual(texts, [
    ['Bonjour', 1, 'incomplete'],
    ['Héllo', undefined, 'completed'],
  ])
  const end = all.at(-1)
  t.assert.ok(end?.type === 'model-end')
  t.assert.deepEqual([end.finish, end.finishes], ['stop', ['stop', 'length']])
})

test('choices that were not asked for are left out', async (t: TestContext) => {
  const all = await steps(t, twoChoices)
  t.assert.equal(ended(all).length, 1)
})

test('fewer choices than asked for are refused, since the rest would be missing', async (t: TestContext) => {
  const [outcome] = await replay(withLogprobs, 2)
  t.assert.equal(outcome?.code, 'UNSUPPORTED_PARAMETER')
})

test('log probabilities stay with their text', async (t: TestContext) => {
  const all = await steps(t, withLogprobs)
  const deltas = all.flatMap((step) => (step.type === 'text-delta' ? [step.logprobs] : []))
  t.assert.deepEqual(deltas, [[logprob('Hi')], [logprob('!')]])
  const [item] = ended(all)
  t.assert.deepEqual(item?.type === 'message' ? item.content[0] : null, {
    type: 'output_text',
    text: 'Hi!',
    annotations: [],
    logprobs: [logprob('Hi'), logprob('!')],
  })
})

test('what only the dialect knows, such as sound, is put together and kept', async (t: TestContext) => {
  const all = await steps(t, sound)
  const [item] = ended(all)
  t.assert.deepEqual(item?.native?.fields, {
    audio: { id: 'audio_1', data: 'AAAABBBB', transcript: 'Good day', expires_at: 7 },
  })
  t.assert.deepEqual(item?.type === 'message' ? item.content : null, [])
  t.assert.equal(all.filter(({ type }) => type === 'native-delta').length, 3)
})

test('what a provider adds to a call is kept with the call', async (t: TestContext) => {
  const [item] = ended(await steps(t, signedCall))
  t.assert.deepEqual(item?.native, { dialect: 'chat', fields: { extra_content: { google: 1 } } })
})

import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { testContext } from '@parley/testkit/context.ts'
import type { EmbeddingRequest } from '../../application/ports.ts'
import { encodeVector } from '../../infrastructure/embedding-vectors.ts'
import { OpenAiCompatibleModelClient } from '../../infrastructure/openai-compatible-model-client.ts'
import { constantIds, shortTimeouts } from '../model-steps.ts'
import { type Answer, send, startRecordedUpstream } from '../recorded-upstream.ts'

const vectors = [
  [0.5, -0.25],
  [1, 2],
]
const list = (data: object[], more: object = { model: 'emb-1', usage: { prompt_tokens: 7 } }) =>
  JSON.stringify({ object: 'list', data, ...more })
const plain = vectors.map((embedding, index) => ({ index, embedding }))

async function embed(answer: Answer, more: Partial<EmbeddingRequest> = {}) {
  await using upstream = await startRecordedUpstream(answer)
  const options = { name: 'up', baseUrl: upstream.url, apiKey: null, connectionsMax: 2, timeouts: shortTimeouts }
  await using client = new OpenAiCompatibleModelClient({ ...options, newId: constantIds })
  const request = { providerModel: 'emb', input: ['a', 'b'], encoding: 'float' as const, dimensions: null, native: {} }
  const given = await client.embed(testContext({ deadlineMs: 10_000 }), { ...request, ...more })
  return { given, body: JSON.parse(upstream.received[0]?.body ?? '{}'), path: upstream.received[0]?.path }
}

test('the provider is asked in the encoding wanted, with what only it understands', async (t: TestContext) => {
  const { given, body, path } = await embed(send(200, list(plain)), { dimensions: 2, native: { user: 'u' } })
  t.assert.equal(path, '/v1/embeddings')
  t.assert.deepEqual(body, { user: 'u', model: 'emb', input: ['a', 'b'], encoding_format: 'float', dimensions: 2 })
  t.assert.deepEqual(given, { embeddings: vectors, inputTokens: 7, providerModel: 'emb-1' })
})

test('vectors in the other encoding are translated, and put into order', async (t: TestContext) => {
  const packed = vectors.map((vector, index) => ({ index, embedding: encodeVector(vector, 'base64') }))
  t.assert.deepEqual((await embed(send(200, list(packed.toReversed())))).given.embeddings, vectors)
  t.assert.deepEqual(
    (await embed(send(200, list(plain)), { encoding: 'base64' })).given.embeddings,
    packed.map(({ embedding }) => embedding),
  )
})

test('usage that was not told is not made up', async (t: TestContext) => {
  const { given } = await embed(send(200, list(plain, {})))
  t.assert.deepEqual([given.inputTokens, given.providerModel], [null, 'emb'])
})

for (const [what, answer, code] of [
  ['another number of vectors', send(200, list(plain.slice(1))), 'PROVIDER_GARBLED'],
  ['something that is no vector', send(200, list([{ embedding: 'x' }, { embedding: [1, '2'] }])), 'PROVIDER_GARBLED'],
  ['no JSON', send(200, '<html>'), 'PROVIDER_GARBLED'],
  ['an error within a success', send(200, '{"error":{"message":"no","code":429}}'), 'PROVIDER_RATE_LIMITED'],
  ['a refusal', send(400, '{"error":{"message":"no"}}'), 'PROVIDER_REFUSED'],
  ['a broken connection', (response) => response.destroy(), 'PROVIDER_UNAVAILABLE'],
  ['silence', () => {}, 'PROVIDER_STALLED'],
] as [string, Answer, string][]) {
  test(`${what} is ${code}`, async (t: TestContext) => {
    await t.assert.rejects(embed(answer), (error: unknown) => error instanceof AppError && error.code === code)
  })
}

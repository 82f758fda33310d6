import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { APIError } from 'openai'
import { type Journey, journey } from '../journey.ts'

export const embeddingJourneys: readonly Journey[] = [
  journey('embeddings: one text, several, and tokens, in both encodings', async (t: TestContext, system) => {
    const { embeddings } = system.client()
    const input = ['the cat sat on the mat', 'a cat on a mat', 'stock prices fell sharply']
    // The SDK asks for base64 by itself, and for numbers only when it is told to.
    const packed = await embeddings.create({ model: 'embedding', input })
    const plain = await embeddings.create({ model: 'embedding', input, encoding_format: 'float' })
    t.assert.equal(packed.object, 'list')
    t.assert.equal(packed.model, 'embedding')
    t.assert.ok(packed.usage.prompt_tokens > 0)
    t.assert.equal(packed.usage.total_tokens, packed.usage.prompt_tokens)
    t.assert.deepEqual(
      packed.data.map(({ index }) => index),
      [0, 1, 2],
    )
    for (const [index, { embedding }] of packed.data.entries()) {
      t.assert.deepEqual([...embedding], plain.data[index]?.embedding)
    }
    const [cat = [], other = [], stock = []] = plain.data.map(({ embedding }) => embedding)
    t.assert.ok(product(cat, other) > product(cat, stock), 'texts that share words are nearer')
    const one = await embeddings.create({ model: 'embedding', input: input[0] ?? '', encoding_format: 'float' })
    t.assert.deepEqual(one.data[0]?.embedding, cat)
    t.assert.equal((await embeddings.create({ model: 'embedding', input: [1, 2, 3] })).data.length, 1)
    t.assert.equal((await embeddings.create({ model: 'embedding', input: [[1, 2], [3]] })).data.length, 2)
  }),

  journey('embeddings: dimensions are honoured', async (t: TestContext, system) => {
    const wish = { model: 'embedding-small', input: 'hello', dimensions: 32 }
    const { data } = await system.client().embeddings.create(wish)
    t.assert.equal(data[0]?.embedding.length, 32)
  }),

  journey('embeddings: they are booked like every other request', async (t: TestContext, system) => {
    const { client, key } = await system.newTenant()
    const { usage } = await client.embeddings.create({ model: 'embedding-booked', input: ['one', 'two'] })
    const readLedger = async () => {
      const answer = await system.fetch('/parley/ledger', { key })
      return ((await answer.json()) as { data: { model: string; usage: { input_tokens: number } }[] }).data
    }
    await waitUntil(async () => (await readLedger()).length === 1, { what: 'the embedding to be booked' })
    const [row] = await readLedger()
    t.assert.equal(row?.model, 'embedding-booked')
    t.assert.equal(row?.usage.input_tokens, usage.prompt_tokens)
    const headers = { 'idempotency-key': 'embed-once' }
    const wish = { model: 'embedding-booked', input: 'once' }
    const [first, again] = [
      await client.embeddings.create(wish, { headers }),
      await client.embeddings.create(wish, { headers }),
    ]
    t.assert.deepEqual(again, first)
  }),

  journey('embeddings: what is wrong is said by its field', async (t: TestContext, system) => {
    const { embeddings } = system.client()
    const isError = (status: number, param: string | null) => (error: unknown) =>
      error instanceof APIError && error.status === status && error.param === param
    const model = 'embedding-errors'
    await t.assert.rejects(embeddings.create({ model, input: [] }), isError(400, 'input'))
    await t.assert.rejects(embeddings.create({ model, input: ['a', ''] }), isError(400, 'input[1]'))
    await t.assert.rejects(embeddings.create({ model, input: 'a', dimensions: 0 }), isError(400, 'dimensions'))
    await t.assert.rejects(
      embeddings.create({ model, input: '/simulate fail_status=404 fail_code=model_not_found' }),
      isError(404, 'model'),
    )
    await t.assert.rejects(embeddings.create({ model, input: '/simulate fail_status=500' }), isError(502, null))
  }),

  journey(
    'models: the routing behind each is told, and the SDK of Anthropic is served too',
    async (t: TestContext, system) => {
      const model = await system.client().models.retrieve('default-model')
      const routing = (model as unknown as { parley: { provider: string; provider_model: string } }).parley
      t.assert.equal(routing.provider_model, 'default-model')
      t.assert.equal(routing.provider, model.owned_by)
      const headers = { 'anthropic-version': '2026-10-21' }
      const list = (await (await system.fetch('/v1/models', { headers })).json()) as {
        has_more: boolean
        data: { type: string }[]
      }
      t.assert.equal(list.has_more, false)
      t.assert.ok(list.data.every(({ type }) => type === 'model'))
    },
  ),
]

function product(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
}

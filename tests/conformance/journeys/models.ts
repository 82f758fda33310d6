import type { TestContext } from 'node:test'
import { NotFoundError } from 'openai'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

export const modelJourneys: readonly Journey[] = [
  journey('models: they are listed, and each can be fetched by its name', async (t: TestContext, system) => {
    const client = system.client()
    const models = await Array.fromAsync(client.models.list())
    t.assert.ok(models.some(({ id }) => id === 'simulated'))
    for (const { id, object, created, owned_by } of models) {
      t.assert.equal(object, 'model')
      t.assert.ok(Number.isInteger(created) && typeof owned_by === 'string')
      t.assert.equal((await client.models.retrieve(id)).id, id)
    }
  }),

  journey(
    'models: a configured name leads to its provider, under the name that this knows',
    async (t: TestContext, system) => {
      const input = 'hello'
      const response = await system.client().responses.create({ model: 'listed-model', input })
      t.assert.equal(response.model, 'listed-model')
      t.assert.ok(upstreamCalls(system, 'renamed-by-config').length > 0)
      t.assert.equal((await system.client().responses.create({ input })).model, 'default-model')
    },
  ),

  journey('models: one that the provider does not know is not found', async (t: TestContext, system) => {
    await t.assert.rejects(
      system.client().responses.create({
        model: 'unknown-upstream',
        input: '/simulate fail_status=404 fail_code=model_not_found\nhello',
      }),
      (error: unknown) => error instanceof NotFoundError && error.code === 'model_not_found' && error.param === 'model',
    )
  }),
]

import { type TestContext, test } from 'node:test'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { GptModels } from '../../infrastructure/gpt-models.ts'

const priceOf = (version: string) => ({ version, inputMicros: 1, cachedInputMicros: 1, outputMicros: 1 })

/** A gpt that knows one model, at the price of the day; answers wait while `hold` is not resolved. */
function startModels() {
  const gpt = { version: 'monday', asked: 0, hold: Promise.resolve() }
  const answer = async () => {
    gpt.asked += 1
    const model = { id: 'fast', contextTokensMax: 1_000, price: priceOf(gpt.version) }
    await gpt.hold
    return model
  }
  const getModel = answer as never
  const listModels = (async () => ({ models: [await answer()], defaultModel: 'fast' })) as never
  return { gpt, models: new GptModels({ getModel, listModels }, createFakeClock()) }
}

test('what gpt said of a model is remembered', async (t: TestContext) => {
  const { gpt, models } = startModels()
  for (let count = 0; count < 3; count++) await models.resolve(testContext(), 'fast')
  t.assert.equal(gpt.asked, 1)
})

test('a new price is known at once after what was remembered is forgotten', async (t: TestContext) => {
  const { gpt, models } = startModels()
  await models.resolve(testContext(), 'fast')
  await models.defaultModel(testContext())
  gpt.version = 'tuesday'
  models.forget()
  t.assert.equal((await models.resolve(testContext(), 'fast')).price?.version, 'tuesday')
  t.assert.equal((await models.defaultModel(testContext())).price?.version, 'tuesday')
})

test('an answer that was asked for before is not remembered', async (t: TestContext) => {
  const { gpt, models } = startModels()
  const { promise, resolve } = Promise.withResolvers<void>()
  gpt.hold = promise
  const early = models.resolve(testContext(), 'fast')
  gpt.version = 'tuesday'
  models.forget()
  resolve()
  await early
  t.assert.equal((await models.resolve(testContext(), 'fast')).price?.version, 'tuesday')
})

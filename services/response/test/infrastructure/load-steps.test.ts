import { type TestContext, test } from 'node:test'
import { loadSteps, stepNames } from '../../infrastructure/load-steps.ts'

const tools = { schemas: { problem: () => null }, redactionPatterns: [] }

test('every file in the folder is a step', async (t: TestContext) => {
  const names = await stepNames()
  t.assert.deepStrictEqual([...names].sort(), ['json', 'redaction', 'trim'])
  t.assert.strictEqual((await loadSteps(names, tools)).length, names.length)
})

test('a step that is not there is refused by name, with those that are', async (t: TestContext) => {
  await t.assert.rejects(loadSteps(['translate'], tools), /'translate'.*trim/)
})

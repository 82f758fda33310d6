import { readdir, readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { Value } from 'typebox/value'
import { SessionContract } from '../contract.ts'

const folder = new URL('./golden/', import.meta.url)
const definitions = Object.values(SessionContract.events)

test('every event that was ever published is kept and can still be read', async (t: TestContext) => {
  const files = (await readdir(folder)).sort()
  t.assert.deepStrictEqual(files, definitions.map(({ type }) => `${type}.json`).sort())
  for (const definition of definitions) {
    const data: unknown = JSON.parse(await readFile(new URL(`${definition.type}.json`, folder), 'utf8'))
    t.assert.deepStrictEqual([...Value.Errors(definition.data, data)], [], definition.type)
  }
})

test('every event belongs to its session', async (t: TestContext) => {
  for (const { type, key } of definitions) t.assert.strictEqual(key({ sessionId: 'conv_1' }), 'conv_1', type)
})

import { readdir, readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { Value } from 'typebox/value'
import { ResponseContract } from '../contract.ts'

const folder = new URL('./golden/', import.meta.url)
const definitions = Object.values(ResponseContract.events)

test('every event that was ever published is kept and can still be read', async (t: TestContext) => {
  const files = (await readdir(folder)).sort()
  t.assert.deepStrictEqual(files, definitions.map(({ type }) => `${type}.json`).sort())
  for (const definition of definitions) {
    const data: unknown = JSON.parse(await readFile(new URL(`${definition.type}.json`, folder), 'utf8'))
    t.assert.deepStrictEqual([...Value.Errors(definition.data, data)], [], definition.type)
  }
})

import { type TestContext, test } from 'node:test'
import { isUsableId, requireUsableId } from '../../domain/own-id.ts'
import { failsWith } from '../harness.ts'

test('ids of a client are taken as long as they can be kept and shown', (t: TestContext) => {
  for (const id of ['a', 'Ünï 💬/?#', 'x'.repeat(256)]) t.assert.ok(isUsableId(id), id)
  for (const id of ['', 'x'.repeat(257), 'nul\u0000', 'line\nbreak', 'del\u007f']) t.assert.ok(!isUsableId(id), id)
})

test('a refused id is named by its field', (t: TestContext) => {
  t.assert.throws(() => requireUsableId('', 'items[3].id'), failsWith('INVALID_REQUEST', /^items\[3\]\.id must have/))
})

import { type TestContext, test } from 'node:test'
import { checkMetadata } from '../../domain/metadata.ts'
import { failsWith } from '../harness.ts'

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']))

test('metadata at every limit is taken', (t: TestContext) => {
  t.assert.doesNotThrow(() => checkMetadata({}))
  t.assert.doesNotThrow(() => checkMetadata(pairs(16)))
  t.assert.doesNotThrow(() => checkMetadata({ ['k'.repeat(64)]: 'v'.repeat(512) }))
})

test('metadata beyond a limit is refused in words', (t: TestContext) => {
  t.assert.throws(() => checkMetadata(pairs(17)), failsWith('INVALID_REQUEST', /at most 16 pairs/))
  t.assert.throws(() => checkMetadata({ ['k'.repeat(65)]: 'v' }), failsWith('INVALID_REQUEST', /at most 64 characters/))
  t.assert.throws(() => checkMetadata({ topic: 'v'.repeat(513) }), failsWith('INVALID_REQUEST', /512.*'topic'/))
})

import { type TestContext, test } from 'node:test'
import { reading, shared } from '@parley/chassis/telemetry/metrics/reading.ts'

test('what cannot be read is null, and so is what takes too long', async (t: TestContext) => {
  t.assert.strictEqual(await reading(Promise.resolve(7)), 7)
  t.assert.strictEqual(await reading(Promise.reject(new Error('no database'))), null)
  t.assert.strictEqual(await reading(new Promise(() => {})), null)
})

test('those who ask at the same time share one read, those who ask later get another', async (t: TestContext) => {
  let reads = 0
  const read = shared(async () => ++reads)
  t.assert.deepStrictEqual(await Promise.all([read(), read()]), [1, 1])
  t.assert.strictEqual(await read(), 2)
})

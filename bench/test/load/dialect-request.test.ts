import { type TestContext, test } from 'node:test'
import { DIALECTS, dialectRequest } from '../../load/dialect-request.ts'

test('requests of all dialects are of about a kilobyte', (t: TestContext) => {
  for (const dialect of DIALECTS) {
    const length = dialectRequest(dialect).body?.length ?? 0
    t.assert.ok(length > 900 && length < 1_100, `${dialect}: ${length}`)
  }
})

test('what is stored differs from what is not by its wish alone', (t: TestContext) => {
  const [plain, stored] = [dialectRequest('responses'), dialectRequest('responses-stored')]
  t.assert.equal(stored.body, plain.body?.replace('"store":false', '"store":true'))
  t.assert.notEqual(stored.body, plain.body)
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { recordProblems } from '../run/check-records.ts'

const exception = { kind: 'request-lost', tenant: 'acme', id: 'req_1', detail: 'resp_1 is not known' }

/** A gateway whose records say the same each time. */
async function startGateway(t: TestContext, page: { exceptions: object[]; checked: object }) {
  const server = createServer((_request, response) => response.end(JSON.stringify({ ...page, next: null })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'parley-operator' }
}

test('every answer that was seen has a row in the ledger', async (t: TestContext) => {
  const place = await startGateway(t, { exceptions: [], checked: { ledger_rows: 12 } })
  const check = (settled: number) => recordProblems(place, { settled, rowsBefore: 2, timeoutMs: 1 })
  t.assert.deepStrictEqual(await check(10), [])
  t.assert.deepStrictEqual(await check(11), ['clients have seen 11 answers, the ledger has 10'])
})

test('records that disagree are told', async (t: TestContext) => {
  const place = await startGateway(t, { exceptions: [exception], checked: { ledger_rows: 1 } })
  const problems = await recordProblems(place, { settled: 1, rowsBefore: 0, timeoutMs: 1 })
  t.assert.deepStrictEqual(problems, ['request-lost req_1: resp_1 is not known'])
})

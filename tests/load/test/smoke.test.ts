import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { k6Absence } from '../run/run-k6.ts'

const main = join(import.meta.dirname, '..', 'main.ts')

test('k6 runs the smoke scenario against a Parley of its own, and the records agree', {
  skip: k6Absence() ?? false,
  timeout: 150_000,
}, async (t: TestContext) => {
  const { code, output } = await run('smoke', '--within', '3')
  t.assert.strictEqual(code, 0, output)
  t.assert.match(output, /the records agree, and nothing is lost/)
})

test('answers that are neither whole nor refusals cross a threshold', {
  skip: k6Absence() ?? false,
  timeout: 150_000,
}, async (t: TestContext) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url?.startsWith('/parley/') === true ? 200 : 500
    response.end(JSON.stringify({ exceptions: [], checked: { ledger_rows: 0 }, next: null }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { code, output } = await run('smoke', '--within', '1', '--url', url, '--key', 'parley-operator')
  t.assert.strictEqual(code, 1, output)
  t.assert.match(output, /broken: k6 found a threshold crossed/)
})

test('a Parley that cannot be reached is told in words', { skip: k6Absence() ?? false }, async (t: TestContext) => {
  const { code, output } = await run('smoke', '--url', 'http://127.0.0.1:9', '--key', 'parley-operator')
  t.assert.strictEqual(code, 1, output)
  t.assert.match(output, /http:\/\/127\.0\.0\.1:9 \(PARLEY_URL\) cannot be reached/)
  t.assert.doesNotMatch(output, /at .*\.ts:/)
})

function run(...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr })
    })
  })
}

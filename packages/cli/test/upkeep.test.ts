import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { programEnv } from '@parley/testkit/program-env.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const checked = { requests: 2, ledger_rows: 2, budgets: 0, responses: 2, turns: 0 }
const exception = { kind: 'request-lost', tenant: 'acme', id: 'req_1', detail: 'resp_1 is not known' }

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A gateway that answers paths, without their parameters, from a table, and remembers what it was asked. */
async function startGateway(t: TestContext, answers: Readonly<Record<string, (query: URLSearchParams) => object>>) {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://gateway')
    asked.push(`${request.headers.authorization} ${request.url}`)
    const answer = answers[pathname]
    response.writeHead(answer === undefined ? 403 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer?.(searchParams) ?? { error: { message: 'You may not.' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function parley(url: string, ...args: string[]): Promise<Ended> {
  const env = programEnv({ PARLEY_URL: url, PARLEY_API_KEY: 'parley-operator' })
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

test('reconcile goes through every page, and ends with 0 when everything agrees', async (t: TestContext) => {
  const { url, asked } = await startGateway(t, {
    '/parley/reconciliation': (query) => ({
      exceptions: [],
      checked,
      next: query.has('cursor') ? null : '["turns",null]',
    }),
  })
  const { code, stdout } = await parley(url, 'reconcile', '--grace', '5')
  t.assert.strictEqual(code, 0)
  t.assert.strictEqual(
    stdout,
    'everything agrees: looked at 4 requests, 4 ledger rows, 0 budgets, 4 responses, 0 turns\n',
  )
  t.assert.deepStrictEqual(asked, [
    'Bearer parley-operator /parley/reconciliation?limit=100&grace_seconds=5',
    'Bearer parley-operator /parley/reconciliation?limit=100&grace_seconds=5&cursor=%5B%22turns%22%2Cnull%5D',
  ])
})

test('reconcile names every exception and ends with 1', async (t: TestContext) => {
  const { url } = await startGateway(t, {
    '/parley/reconciliation': () => ({ exceptions: [exception], checked, next: null }),
  })
  const text = await parley(url, 'reconcile')
  t.assert.strictEqual(text.code, 1)
  t.assert.match(text.stdout, /^request-lost {2}acme {2}req_1 {2}resp_1 is not known\n1 exceptions: /)
  const json = await parley(url, 'reconcile', '--json')
  t.assert.strictEqual(json.code, 1)
  t.assert.deepStrictEqual(JSON.parse(json.stdout), { exceptions: [exception], checked })
})

test('stuck requests are listed, and one is shown with its steps', async (t: TestContext) => {
  const { url } = await startGateway(t, {
    '/parley/stuck-requests': () => ({
      data: [
        {
          ...{ id: 'req_1', tenant: 'acme', response_id: 'resp_1', model: 'm', state: 'accepted' },
          ...{ progress_at: 0, drives: 2 },
        },
      ],
    }),
    '/parley/requests/req_1': (query) => ({
      id: 'req_1',
      tenant: query.get('tenant'),
      saga: { state: 'finished', history: [{ event: 'settle', at: 60 }] },
    }),
  })
  const stuck = await parley(url, 'requests', 'stuck')
  t.assert.strictEqual(
    stuck.stdout,
    'acme  req_1  resp_1  m  accepted  since 1970-01-01T00:00:00.000Z  driven on 2 times\n',
  )
  const shown = await parley(url, 'requests', 'show', 'req_1', '--tenant', 'acme')
  t.assert.match(shown.stdout, /tenant +acme\nsaga +finished\n {2}1970-01-01T00:01:00.000Z {2}settle\n$/)
})

test('a refusal and a gateway that is not there are told in words', async (t: TestContext) => {
  const { url } = await startGateway(t, {})
  const refused = await parley(url, 'requests', 'stuck')
  t.assert.strictEqual(refused.code, 1)
  t.assert.match(refused.stderr, /answered 403: You may not\.\n$/)
  const absent = await parley('http://127.0.0.1:1', 'reconcile')
  t.assert.strictEqual(absent.code, 1)
  t.assert.match(absent.stderr, /\(PARLEY_URL\) cannot be reached/)
  t.assert.doesNotMatch(absent.stderr, /parley-operator/)
})

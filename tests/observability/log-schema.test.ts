import { suite, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import { serviceNames } from '../harness/system.ts'
import { ecsProblems, flatFields, type LogLine, parseLines } from './ecs-problems.ts'
import { fieldsOf, isMapped, readSavedObjects } from './index-template.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const canaries = ['CANARY-asked-of-the-model', 'CANARY-in-a-tool', 'CANARY-key']

/** One turn of a session, and one request that is refused, under one id of the client's own. */
async function journey(system: System, correlationId: string): Promise<void> {
  const headers = { 'x-correlation-id': correlationId, traceparent }
  const session = await system.fetch('/v1/conversations', { method: 'POST', headers, body: {} })
  const { id } = (await session.json()) as { id: string }
  const input = '/simulate call=look\nCANARY-asked-of-the-model'
  const tools = [{ type: 'function', name: 'look', description: 'CANARY-in-a-tool', parameters: { type: 'object' } }]
  const body = { model: 'any-model', conversation: id, input, tools }
  const answer = await system.fetch('/v1/responses', { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(await answer.text())
  await answer.text()
  await system.fetch('/v1/responses', { method: 'POST', headers, body: {}, key: 'CANARY-key' })
  await system.fetch('/v1/responses', { headers, body: { model: 'any-model', input: '/simulate fail_status=500' } })
}

function linesOf(system: System, correlationId: string): LogLine[] {
  return parseLines(system.output()).filter((line) => line['labels.correlation_id'] === correlationId)
}

suite('the log', () => {
  test('of every service has lines of a request under the one id of its client', async (t: TestContext) => {
    await using system = await startSystem('split')
    await journey(system, 'one-journey')
    const services = () => new Set(linesOf(system, 'one-journey').map((line) => line['service.name']))
    await waitUntil(() => services().size === serviceNames.length, { timeoutMs: 20_000 }).catch(() => {})
    t.assert.deepStrictEqual([...services()].sort(), [...serviceNames].sort())
    const traces = new Set(linesOf(system, 'one-journey').map((line) => line['trace.id']))
    t.assert.deepStrictEqual([...traces], ['4bf92f3577b34da6a3ce929d0e0e4736'])
    checkLines(t, parseLines(system.output()))
  })

  test('of one process tells the same journey at debug, without what was asked, answered or sent as a key', async (t: TestContext) => {
    await using system = await startSystem('one-process', { env: { LOG_LEVEL: 'debug' } })
    await journey(system, 'one-journey')
    const services = () => new Set(linesOf(system, 'one-journey').map((line) => line['service.name']))
    await waitUntil(() => services().size === serviceNames.length, { timeoutMs: 20_000 }).catch(() => {})
    t.assert.deepStrictEqual([...services()].sort(), [...serviceNames].sort())
    const output = system.output()
    checkLines(t, parseLines(output))
    for (const secret of [...canaries, system.key, 'upstream-key-of-the-tests']) {
      t.assert.ok(!output.includes(secret), `${secret} is in the log`)
    }
  })
})

function checkLines(t: TestContext, lines: readonly LogLine[]): void {
  t.assert.ok(lines.length > 10, `there are ${lines.length} lines`)
  const problems = lines.flatMap((line) => ecsProblems(line).map((problem) => `${line.message}: ${problem}`))
  t.assert.deepStrictEqual([...new Set(problems)], [])
  const unmapped = lines.flatMap((line) => flatFields(line).flatMap(([name]) => (isMapped(name) ? [] : [name])))
  t.assert.deepStrictEqual([...new Set(unmapped)], [])
}

suite('what is read of the log', () => {
  const good = {
    '@timestamp': '2026-11-24T00:00:00.000Z',
    message: 'request answered',
    'log.level': 'info',
    'ecs.version': '8.10.0',
    'service.name': 'gateway',
  }

  test('is refused by the check when it is not in the schema', (t: TestContext) => {
    t.assert.deepStrictEqual(ecsProblems(good), [])
    for (const wrong of [
      { requestId: 'req_1' },
      { 'http.request.number': 1 },
      { 'http.response.status_code': '200' },
      { 'event.outcome': 'fine' },
      { 'labels.count': 3 },
      { parley: { camelCase: 1 } },
      { message: undefined, service: { nam: 'gateway' } },
    ]) {
      t.assert.notDeepStrictEqual(ecsProblems({ ...good, ...wrong }), [], JSON.stringify(wrong))
    }
  })

  test('is mapped by the index template where searches and dashboard name it', (t: TestContext) => {
    const objects = readSavedObjects()
    const named = objects.flatMap(fieldsOf)
    t.assert.ok(named.length > 20)
    t.assert.deepStrictEqual(
      named.filter((field) => !isMapped(field)),
      [],
    )
    t.assert.strictEqual(isMapped('nothing.like.it'), false)
    const there = new Set(objects.map(({ type, id }) => `${type} ${id}`))
    const missing = objects.flatMap(({ references }) =>
      references.filter(({ type, id }) => !there.has(`${type} ${id}`)),
    )
    t.assert.deepStrictEqual(missing, [])
  })
})

import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { createAuditResponses } from '../../application/audit-responses.ts'
import { KyselyResponseAudit } from '../../infrastructure/kysely-response-audit.ts'
import { KyselyResponseStore } from '../../infrastructure/kysely-response-store.ts'
import { collect, createWorld, failsWith, startProcess, tenantA, tenantB } from '../harness.ts'
import { sessionId } from '../neighbours.ts'

const all = { after: -1, waitMs: 0 }
const operator = testContext({ tenant: 'default', scopes: ['operator'] })

test('what became of responses is told to their tenant by their ids, and page by page to operators', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  const ids: string[] = []
  for (const change of [{}, { store: true }, { sessionId }]) {
    const responseId = await process.submit(change)
    await collect(process.follow(tenantA, { responseId, ...all }))
    ids.push(responseId)
  }
  const { store } = world
  const auditResponses = createAuditResponses({
    audit: new KyselyResponseAudit(store),
    store: new KyselyResponseStore(store),
  })
  const asked = { responseIds: [...ids, 'resp_absent'], limit: 1 }
  const { data } = await auditResponses(tenantA, asked)
  const byId = new Map(data.map((response) => [response.responseId, response]))
  t.assert.deepStrictEqual(
    ids.map((id) => {
      const { status, attempt, attemptRows, turn, isTurnOwed } = byId.get(id) ?? {}
      return [status, attempt, attemptRows, turn, isTurnOwed]
    }),
    [
      ['completed', 1, 1, 'none', false],
      ['completed', 1, 1, 'none', false],
      ['completed', 1, 1, 'append', false],
    ],
  )
  t.assert.deepStrictEqual((await auditResponses(tenantB, asked)).data, [])
  await t.assert.rejects(auditResponses(tenantA, { limit: 5 }), failsWith('SCOPE_MISSING'))
  const first = await auditResponses(operator, { limit: 2 })
  t.assert.deepStrictEqual([first.data.length, first.hasMore], [2, true])
  const rest = await auditResponses(operator, { limit: 2, after: first.data[1]?.responseId ?? '' })
  t.assert.deepStrictEqual([rest.data.length, rest.hasMore], [1, false])
})

test('the event of an end says what its session is about to get', async (t: TestContext) => {
  const world = await createWorld(t)
  const process = startProcess(world)
  for (const change of [{}, { sessionId }]) {
    const responseId = await process.submit(change)
    await collect(process.follow(tenantA, { responseId, ...all }))
  }
  t.assert.deepStrictEqual(
    world.settled.map(({ turn, lostUsage }) => [turn, lostUsage]),
    [
      ['none', null],
      ['append', null],
    ],
  )
})

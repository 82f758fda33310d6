import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { context, failsWith, message, startService } from '../harness.ts'

const operator = testContext({ tenant: 'default', scopes: ['operator'] })

test('an operator is told which turns there are, which are not, and whose session is gone', async (t: TestContext) => {
  const { calls } = await startService(t)
  const { tenant } = context.principal
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [] })
  for (const responseId of ['resp_1', 'resp_2', 'resp_3']) {
    await calls.beginTurn(context, { sessionId, responseId })
    await calls.appendTurn(context, { sessionId, responseId, items: [message('hi')] })
  }
  const turn = (responseId: string, session = sessionId) => ({ tenant, sessionId: session, responseId })
  const asked = { turns: [turn('resp_2'), turn('resp_9'), turn('resp_1', 'conv_gone')], limit: 1 }
  const { data } = await calls.auditTurns(operator, asked)
  t.assert.deepStrictEqual(
    data.map(({ isAppended, hasSession }) => [isAppended, hasSession]),
    [
      [true, true],
      [false, true],
      [false, false],
    ],
  )
  const first = await calls.auditTurns(operator, { limit: 2 })
  t.assert.deepStrictEqual(
    [first.data.map(({ responseId }) => responseId), first.hasMore],
    [['resp_1', 'resp_2'], true],
  )
  const rest = await calls.auditTurns(operator, { limit: 2, after: turn('resp_2') })
  t.assert.deepStrictEqual([rest.data.map(({ responseId }) => responseId), rest.hasMore], [['resp_3'], false])
  await t.assert.rejects(calls.auditTurns(context, { limit: 1 }), failsWith('SCOPE_MISSING'))
  const own = await calls.auditTurns(context, { turns: [turn('resp_1')], limit: 1 })
  t.assert.deepStrictEqual(
    own.data.map(({ isAppended }) => isAppended),
    [true],
  )
  const others = await calls.auditTurns(testContext({ tenant: 'tenant-b' }), { turns: [turn('resp_1')], limit: 1 })
  t.assert.deepStrictEqual(others.data, [], 'another tenant sees nothing of it')
})

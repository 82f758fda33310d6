import { type TestContext, test } from 'node:test'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import { testContext } from '@parley/testkit/context.ts'
import type { Kysely } from 'kysely'
import { createReconcile } from '../../application/reconcile.ts'
import type { Accepted, ExceptionKind } from '../../contract.ts'
import { KyselyRequestAudit } from '../../infrastructure/kysely-request-audit.ts'
import type { RequestSchema } from '../../infrastructure/schema.ts'
import { failsWith, type Requests, sessionId, startRequests, submission } from '../harness.ts'
import { FakeOutcomes, reconcileAll, response, settleAs } from '../upkeep.ts'

const context = testContext()
const operator = testContext({ scopes: ['operator'] })

interface House {
  readonly requests: Requests
  readonly outcomes: FakeOutcomes
  /** The requests in the order of their acceptance: five plain ones, then one of a session. */
  readonly accepted: readonly Accepted[]
  readonly last: Accepted
  readonly first: Accepted
}

/** Records that agree: budgeted requests that have settled, the last one in a session, which has its turn. */
async function startHouse(t: TestContext): Promise<House> {
  const requests = await startRequests(t)
  const outcomes = new FakeOutcomes()
  const limits = { limitMicros: 10_000, limitTokens: 10_000 }
  const wish = { tenant: 'tenant-a', keyId: null, name: 'b', period: 'month' as const, ...limits }
  await requests.manageBudgets.createBudget(operator, wish)
  const accepted: Accepted[] = []
  for (const session of [null, null, null, null, null, sessionId]) {
    const one = await requests.submitRequest(context, submission({ sessionId: session }))
    const ended = response(one, { sessionId: session, turn: session === null ? 'none' : 'append' })
    outcomes.responses.set(one.responseId, ended)
    await settleAs(requests, ended)
    if (session !== null) {
      const turn = { tenant: 'tenant-a', sessionId, responseId: one.responseId }
      outcomes.turns.push({ ...turn, isAppended: true, hasSession: true })
      await requests.store.transaction((tx) => requests.ledger.noteTurn(tx, turn))
    }
    accepted.push(one)
  }
  const [first, last] = [accepted[0], accepted.at(-1)]
  if (first === undefined || last === undefined) throw new Error('there are six requests')
  return { requests, outcomes, accepted, first, last }
}

type Plant = (house: House) => Promise<unknown> | unknown

const inStore =
  (change: (db: Kysely<RequestSchema>, house: House) => Promise<unknown>): Plant =>
  (house) => {
    const { store } = house.requests
    return store.transaction((tx: Transaction) => change(store.within(tx), house))
  }

const change =
  (fields: Partial<ReturnType<typeof response>>, which: 'first' | 'last' = 'first'): Plant =>
  ({ outcomes, [which]: { responseId } }) => {
    const before = outcomes.responses.get(responseId)
    if (before !== undefined) outcomes.responses.set(responseId, { ...before, ...fields })
  }

/** Each kind of exception, and a fault that shows it. `also`: what follows from the same fault. */
const faults: Readonly<Record<ExceptionKind, { plant: Plant; also?: ExceptionKind[] }>> = {
  'request-lost': {
    plant: ({ requests }) => requests.submitRequest(context, submission()),
  },
  'ledger-row-missing': {
    plant: inStore((db, { first }) => db.deleteFrom('ledger').where('request_id', '=', first.requestId).execute()),
  },
  'ledger-row-foreign': {
    plant: inStore(async (db, { first }) => {
      const row = await db
        .selectFrom('ledger')
        .selectAll()
        .where('request_id', '=', first.requestId)
        .executeTakeFirstOrThrow()
      await db
        .insertInto('ledger')
        .values({ ...row, request_id: 'req_doubled' })
        .execute()
    }),
  },
  'ledger-row-differs': { plant: change({ status: 'failed' }) },
  'cost-differs': {
    plant: inStore((db, { first }) =>
      db.updateTable('ledger').set({ cost_micros: 1 }).where('request_id', '=', first.requestId).execute(),
    ),
    also: ['hold-differs'],
  },
  'hold-left': {
    plant: inStore(async (db, { first }) => {
      const ofFirst = db.updateTable('budget_holds').set({ is_open: 1, spent_micros: 0, spent_tokens: 0 })
      await ofFirst.where('request_id', '=', first.requestId).execute()
    }),
    also: ['budget-sum-differs'],
  },
  'hold-differs': {
    plant: inStore((db, { first }) =>
      db.updateTable('budget_holds').set({ spent_micros: 1 }).where('request_id', '=', first.requestId).execute(),
    ),
    also: ['budget-sum-differs'],
  },
  'budget-sum-differs': {
    plant: inStore((db) => db.updateTable('budget_periods').set({ held_tokens: 7 }).execute()),
  },
  'budget-overspent': {
    plant: inStore((db) => db.updateTable('budget_periods').set({ limit_micros: 1 }).execute()),
  },
  'attempt-missing': { plant: change({ attemptRows: 0 }) },
  'attempts-differ': { plant: change({ attempt: 2, attemptRows: 2 }) },
  'response-without-request': {
    plant: ({ outcomes, first }) => {
      const stray = { ...first, requestId: 'req_never', responseId: 'resp_never' }
      outcomes.responses.set(stray.responseId, response(stray))
    },
  },
  'turn-missing': { plant: ({ outcomes }) => outcomes.turns.splice(0) },
  'turn-doubled': {
    plant: ({ outcomes, last }) =>
      outcomes.turns.push({
        ...{ tenant: 'tenant-a', sessionId: 'conv_other', responseId: last.responseId },
        ...{ isAppended: true, hasSession: true },
      }),
  },
}

test('records that agree have no exception, whatever is under way beside them', async (t: TestContext) => {
  const house = await startHouse(t)
  t.assert.deepStrictEqual(await reconcileAll(house.requests, house.outcomes), [])
  const running = await house.requests.submitRequest(context, submission())
  t.assert.deepStrictEqual(await reconcileAll(house.requests, house.outcomes, 60_000), [], 'the grace covers it')
  const inProgress = { status: 'in_progress', completedAt: null, usage: null } as const
  house.outcomes.responses.set(running.responseId, response(running, inProgress))
  t.assert.deepStrictEqual(await reconcileAll(house.requests, house.outcomes), [])
})

for (const [kind, { plant, also = [] }] of Object.entries(faults)) {
  test(`${kind} is found`, async (t: TestContext) => {
    const house = await startHouse(t)
    await plant(house)
    const found = await reconcileAll(house.requests, house.outcomes)
    t.assert.deepStrictEqual(
      [...new Set(found.map((exception) => exception.kind))].toSorted(),
      [kind, ...also].toSorted(),
    )
    for (const { detail } of found) t.assert.ok(detail.length > 10, detail)
  })
}

test('a turn that nobody was to get, and one of a session that is gone, are told apart', async (t: TestContext) => {
  const house = await startHouse(t)
  const [turn] = house.outcomes.turns.splice(0)
  if (turn !== undefined) house.outcomes.turns.push({ ...turn, isAppended: false, hasSession: false })
  t.assert.deepStrictEqual(await reconcileAll(house.requests, house.outcomes), [], 'deleted with its session')
})

test('only operators reconcile, from the start or from a cursor of an earlier answer', async (t: TestContext) => {
  const { requests, outcomes } = await startHouse(t)
  const reconcile = createReconcile({ audit: new KyselyRequestAudit(requests.store), outcomes })
  const page = { limit: 2, graceMs: 0 }
  await t.assert.rejects(reconcile(context, page), failsWith('SCOPE_MISSING'))
  for (const cursor of ['', 'x', '[]', '["nothing",null]', '["requests",1]', '["requests",{}]', '{"0":"requests"}']) {
    await t.assert.rejects(reconcile(operator, { ...page, cursor }), failsWith('INVALID_REQUEST'), cursor)
  }
})

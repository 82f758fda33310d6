import { type TestContext, test } from 'node:test'
import { parameterRefs } from '@parley/chassis/store/prepared-parameters.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import { sqliteOnly } from '@parley/testkit/store.ts'
import { CompiledQuery, type KyselyPlugin } from 'kysely'
import type { SessionSchema } from '../../infrastructure/schema.ts'
import { context, message, startService } from '../harness.ts'

/** What was asked of the database: the prepared statements, and how often and for how many rows they ran. */
interface Watch {
  readonly prepared: string[]
  /** Statements that were built as they ran, on committed state. */
  readonly read: string[]
  runs: number
  rows: number
}

test('every statement of a turn goes straight to its session', { skip: sqliteOnly }, async (t: TestContext) => {
  const { store, watch } = await startWatched(t)
  t.assert.ok(watch.prepared.length >= 9, 'the statements of a turn are prepared')
  for (const statement of watch.prepared) {
    const plan = await explain(store, statement)
    t.assert.ok(searchesOnly(plan, /\(tenant=\? AND (session_id|user_id)=\?/), `${statement}\n${plan.join('\n')}`)
  }
})

test('the lists and the sweep find their rows by an index', { skip: sqliteOnly }, async (t: TestContext) => {
  const { store, calls, sweep, watch } = await startWatched(t)
  const { sessionId } = await calls.createSession(context, { metadata: {}, items: [message('one', 'a')] })
  const page = { limit: 10, order: 'desc', after: 'a' } as const
  await calls.listItems(context, { sessionId, ...page })
  await calls.listUsers(context, page)
  await calls.listSessions(context, page)
  await calls.listSessions(context, { ...page, userId: 'ada' })
  await calls.listSessions(context, { ...page, status: 'open' })
  await sweep()
  t.assert.strictEqual(watch.read.length, 7)
  for (const statement of watch.read) {
    const plan = await explain(store, statement)
    t.assert.ok(searchesOnly(plan, /\((tenant|status)=\? AND /), `${statement}\n${plan.join('\n')}`)
  }
})

test('a statement that scans or sorts would be noticed', { skip: sqliteOnly }, async (t: TestContext) => {
  const { store } = await startWatched(t)
  const caught = async (statement: string) => !searchesOnly(await explain(store, statement), /tenant=\?/)
  t.assert.ok(await caught("select * from items where item = ''"))
  t.assert.ok(await caught("select * from items where tenant = '' order by tokens"))
  t.assert.ok(!(await caught("select * from items where tenant = ''")))
})

test('a turn asks the same of the database after 10,000 items as after 100', {
  skip: sqliteOnly,
}, async (t: TestContext) => {
  const asked: Watch[] = []
  for (const itemCount of [100, 10_000]) {
    const { calls, watch } = await startWatched(t)
    const items = Array.from({ length: itemCount }, (_, index) => message(`text ${index}`))
    const { sessionId } = await calls.createSession(context, { metadata: {}, items })
    Object.assign(watch, { runs: 0, rows: 0 })
    const turn = { sessionId, responseId: 'resp_1' }
    await calls.beginTurn(context, turn)
    await calls.buildContext(context, { sessionId, tokensMax: 200 })
    await calls.appendTurn(context, { ...turn, items: [message('in'), message('out')] })
    asked.push(watch)
  }
  t.assert.deepStrictEqual(asked[1], asked[0])
  t.assert.ok((asked[1]?.rows ?? Number.NaN) < 150)
})

async function startWatched(t: TestContext) {
  const watch: Watch = { prepared: [], read: [], runs: 0, rows: 0 }
  return { ...(await startService(t, { wrap: (store) => watched(store, watch) })), watch }
}

function watched(store: Store<SessionSchema>, watch: Watch): Store<SessionSchema> {
  const count = <Rows>(rows: Rows, rowCount: number): Rows => {
    watch.runs += 1
    watch.rows += rowCount
    return rows
  }
  const prepare: Store<SessionSchema>['prepare'] = (build) => {
    watch.prepared.push(build(store.read, parameterRefs()).compile().sql)
    const query = store.prepare(build)
    return {
      all: async (tx, parameters) => {
        const rows = await query.all(tx, parameters)
        return count(rows, rows.length)
      },
      first: async (tx, parameters) => count(await query.first(tx, parameters), 1),
      run: async (tx, parameters) => count(await query.run(tx, parameters), 1),
      write: async (tx, parameters) => count(await query.write(tx, parameters), 1),
      require: async (tx, parameters, refusal) => count(await query.require(tx, parameters, refusal), 1),
    }
  }
  const noteStatement: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      watch.read.push(store.read.getExecutor().compileQuery(node, queryId).sql)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    prepare,
    dialect: store.dialect,
    read: store.read.withPlugin(noteStatement),
    nowMs: store.nowMs,
    roundTrips: store.roundTrips,
    activity: () => store.activity(),
    transaction: (work) => store.transaction(work),
    within: (tx) => store.within(tx),
    tryLock: (name) => store.tryLock(name),
    failure: () => store.failure(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

async function explain(store: Store<SessionSchema>, statement: string): Promise<string[]> {
  const { rows } = await store.read
    .withoutPlugins()
    .executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${statement}`))
  return rows.map((row) => row.detail)
}

/** `constraint` is what every search must at least narrow its index down by. */
function searchesOnly(plan: readonly string[], constraint: RegExp): boolean {
  const isSearch = /^SEARCH .* USING (COVERING )?INDEX/
  return plan.every(
    (step) => /^(CORRELATED )?SCALAR SUBQUERY/.test(step) || (isSearch.test(step) && constraint.test(step)),
  )
}

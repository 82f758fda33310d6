// Loaded with `--import` into the programs of a test that wants to see a checker go red: it breaks, on purpose, one
// promise of the running code. CHAOS_PLANT says which.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isMainThread } from 'node:worker_threads'
import { wrapPrepare, wrapStatements } from './wrap-sqlite.ts'

/** What can be broken, and the promise that goes with it. */
export const plants = ['drop-fence', 'skip-inbox', 'acknowledge-before-commit', 'forget-tenant'] as const
export type Plant = (typeof plants)[number]

const planted = plants.find((plant) => plant === process.env['CHAOS_PLANT'])
if (isMainThread && planted !== undefined) breakPromise(planted)

function breakPromise(plant: Plant): void {
  switch (plant) {
    case 'drop-fence':
      // Whoever has been overtaken still writes, and goes on believing that the lease is its own.
      rewrite((sql) => (fencedTables.test(sql) ? sql.replaceAll(fence, '$1($2 or 1 = 1)') : sql))
      return
    case 'forget-tenant':
      rewrite((sql) => (ownedSelect.test(sql) ? sql.replaceAll(ofTenant, '($1 or 1 = 1)') : sql))
      return
    case 'skip-inbox':
      answerRun((sql) => (sql.startsWith('insert into "inbox"') ? { changes: 1 } : null))
      return
    case 'acknowledge-before-commit':
      loseCommits()
      return
  }
}

/** Only conditions: what is set has a comma or `set` before it. */
const fence = /( (?:where|and) )("(?:attempt|owner)" = \?\d*)/g
const ofTenant = /("tenant" = \?\d*)/g
const ownedSelect = /^select .* from "(?:sessions|items|responses)"/s
const fencedTables = /^(?:update "responses"|insert into "frames")/

function rewrite(change: (sql: string) => string): void {
  wrapPrepare(change, () => {})
}

/** Lets statements run and says something else of them. */
function answerRun(answer: (sql: string) => { changes: number } | null): void {
  wrapStatements('run', (statement, _values, call) => {
    const real = call()
    return answer(statement.sourceSQL) ?? real
  })
}

const lostEvery = 10

/** Now and then what accepts a request is said to be durable, and is not, as after a death before the commit. */
function loseCommits(): void {
  const databases = new WeakMap<StatementSync, DatabaseSync>()
  const accepting = new WeakSet<DatabaseSync>()
  let commits = 0
  const unchanged = (sql: string) => sql
  wrapPrepare(unchanged, (statement, database) => databases.set(statement, database))
  wrapStatements('run', (statement, _values, call) => {
    const database = databases.get(statement)
    const { sourceSQL } = statement
    if (database === undefined) return call()
    if (sourceSQL.startsWith('insert into "requests"')) accepting.add(database)
    if (sourceSQL !== 'commit' || !accepting.delete(database)) return call()
    commits += 1
    if (commits % lostEvery !== 0) return call()
    database.exec('rollback')
    return { changes: 0 }
  })
}

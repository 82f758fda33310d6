import type { CrashPoint } from './crash-point.ts'

/** Statements that tell how far a request has come, in the words of either database; one that must change rows is wrapped. */
const table = (verb: string, name: string) => new RegExp(`^(?:with changed as \\()?${verb} (?:"\\w+"\\.)?"${name}"`)

export interface WatchedStatement {
  readonly before: CrashPoint | null
  readonly after: CrashPoint | null
  matches(sql: string, values: readonly unknown[]): boolean
}

const insertFrames = table('insert into', 'frames')
const updateResponse = table('update', 'responses')

/** A commit that holds such a statement is the moment before and after which a process can be stopped. */
export const watchedStatements: readonly WatchedStatement[] = [
  watch(table('insert into', 'requests'), 'before-accept', 'after-accept'),
  watch(table('insert into', 'responses'), 'before-claim', 'after-claim'),
  watch(table('insert into', 'turns'), 'before-turn', 'after-turn'),
  watch(table('insert into', 'ledger'), 'before-ledger', 'after-ledger'),
  watch(table('delete from', 'outbox'), 'before-mark', null),
  {
    before: null,
    after: 'after-first-frame',
    matches: (sql, values) => insertFrames.test(sql) && values.some(hasText),
  },
  {
    before: 'before-settle',
    after: 'after-settle',
    matches: (sql) => updateResponse.test(sql) && sql.includes('"outcome"'),
  },
]

function watch(pattern: RegExp, before: CrashPoint, after: CrashPoint | null): WatchedStatement {
  return { before, after, matches: (sql) => pattern.test(sql) }
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value.includes('"text-delta"')
}

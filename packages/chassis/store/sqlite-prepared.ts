import type { StatementSync } from 'node:sqlite'
import { type CompiledQuery, SelectQueryNode, SqliteQueryCompiler } from 'kysely'
import { Placeholder } from './prepared-parameters.ts'
import type { SqlValue } from './store.ts'

type Values = Readonly<Record<string, SqlValue>>
type Step<Result> = (statement: StatementSync, values: Values) => Result

/** A query with its parameters still open, ready to be run on any connection to the same schema. */
export interface SqlitePrepared {
  readonly text: string
  readonly isSelect: boolean
  readonly all: Step<unknown[]>
  readonly first: Step<unknown>
  /** Returns the number of rows changed. */
  readonly run: Step<number>
}

/** Writes a parameter once however often it stands in the query, and constants as what they are: binding costs most. */
export class PreparedQueryCompiler extends SqliteQueryCompiler {
  #names: string[] = []

  override compileQuery(...query: Parameters<SqliteQueryCompiler['compileQuery']>): CompiledQuery {
    this.#names = []
    return super.compileQuery(...query)
  }

  protected override appendValue(value: unknown): void {
    if (!(value instanceof Placeholder)) {
      this.appendImmediateValue(value)
      return
    }
    let position = this.#names.indexOf(value.name)
    if (position === -1) {
      position = this.#names.push(value.name) - 1
      this.addParameter(value)
    }
    this.append(`?${position + 1}`)
  }
}

export function toSqlitePrepared({ sql, parameters, query }: CompiledQuery): SqlitePrepared {
  const names = parameters.map((parameter) => (parameter as Placeholder).name)
  return {
    text: sql,
    isSelect: SelectQueryNode.is(query),
    all: compileStep(names, 'all(#)'),
    first: compileStep(names, 'get(#)'),
    run: compileStep(names, 'run(#).changes'),
  }
}

/**
 * A function of its own for each query: one that reads the parameters of all queries would find objects of too many
 * shapes to do it fast.
 */
function compileStep<Result>(names: readonly string[], call: string): Step<Result> {
  const values = names.map((name) => `values[${JSON.stringify(name)}]`).join(', ')
  const step = new Function('statement', 'values', `return statement.${call.replace('#', () => values)}`)
  return (statement, given) => {
    try {
      return step(statement, given) as Result
    } catch (error) {
      const missing = names.find((name) => given[name] === undefined)
      if (missing === undefined) throw error
      throw new Error(`a prepared query was run without a value for '${missing}'`)
    }
  }
}

import type { CompiledQuery } from 'kysely'
import type { ParameterRefs, SqlValue } from './store.ts'

/** Stands in a query under construction for a value that is given when it runs. */
export class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** `refs.anything` is a placeholder of that name; the query builder takes it for a value. */
export function parameterRefs<Parameters>(): ParameterRefs<Parameters> {
  return new Proxy({} as ParameterRefs<Parameters>, {
    get: (_target, name) => (typeof name === 'string' ? new Placeholder(name) : undefined),
  })
}

/** Puts given values where placeholders were, in the order of the compiled query; constants stay. */
export function createBinder(
  query: CompiledQuery,
): (parameters: Readonly<Record<string, SqlValue>>) => readonly SqlValue[] {
  const slots = query.parameters
  return function bind(parameters) {
    const values = new Array<SqlValue>(slots.length)
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]
      const value = slot instanceof Placeholder ? parameters[slot.name] : (slot as SqlValue)
      if (value === undefined) throw new Error(`a prepared query was run without a value for ${describe(slot)}`)
      values[index] = value
    }
    return values
  }
}

function describe(slot: unknown): string {
  return slot instanceof Placeholder ? `'${slot.name}'` : 'one of its constants'
}

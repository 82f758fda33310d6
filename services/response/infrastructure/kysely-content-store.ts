import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Content, ContentStore } from '../application/ports.ts'
import { parseItems } from './response-row.ts'
import type { ContentTable, ResponseSchema } from './schema.ts'

type Putting = { responseId: string; details: string; input: string }
type ById = { responseId: string }

export class KyselyContentStore implements ContentStore {
  readonly #putInput: PreparedQuery<unknown, Putting>
  readonly #putOutput: PreparedQuery<unknown, { responseId: string; output: string }>
  readonly #find: PreparedQuery<Omit<ContentTable, 'response_id'>, ById>
  readonly #delete: PreparedQuery<unknown, ById>

  constructor(store: Store<ResponseSchema>) {
    this.#putInput = store.prepare((db, { responseId, details, input }) =>
      db
        .insertInto('contents')
        .values({ response_id: responseId, details, input })
        .onConflict((conflict) => conflict.column('response_id').doNothing()),
    )
    this.#putOutput = store.prepare((db, { responseId, output }) =>
      db.updateTable('contents').set({ output }).where('response_id', '=', responseId),
    )
    this.#find = store.prepare((db, { responseId }) =>
      db.selectFrom('contents').select(['details', 'input', 'output']).where('response_id', '=', responseId),
    )
    this.#delete = store.prepare((db, { responseId }) =>
      db.deleteFrom('contents').where('response_id', '=', responseId),
    )
  }

  putInput: ContentStore['putInput'] = async (tx, responseId, { instructions, options, metadata, items }) => {
    const details = JSON.stringify({ instructions, options, metadata })
    await this.#putInput.run(tx, { responseId, details, input: JSON.stringify(items) })
  }

  putOutput: ContentStore['putOutput'] = async (tx, responseId, output) => {
    await this.#putOutput.run(tx, { responseId, output: JSON.stringify(output) })
  }

  find: ContentStore['find'] = async (responseId) => {
    const row = await this.#find.first(null, { responseId })
    if (row === undefined) return undefined
    const output = row.output === null ? [] : parseItems(row.output)
    return { ...parseDetails(row.details), items: parseItems(row.input), output }
  }

  delete: ContentStore['delete'] = async (tx, responseId) => {
    await this.#delete.run(tx, { responseId })
  }
}

function parseDetails(text: string): Pick<Content, 'instructions' | 'options' | 'metadata'> {
  return JSON.parse(text)
}

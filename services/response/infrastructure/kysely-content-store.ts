import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Content, ContentStore } from '../application/ports.ts'
import { parseItems } from './response-row.ts'
import type { ContentTable, ResponseSchema } from './schema.ts'

type Putting = { responseId: string; details: string; dialect: string | null; input: string }
type ById = { responseId: string }

export class KyselyContentStore implements ContentStore {
  readonly #putInput: PreparedQuery<unknown, Putting>
  readonly #putOutput: PreparedQuery<unknown, { responseId: string; output: string }>
  readonly #putDetails: PreparedQuery<unknown, { responseId: string; details: string }>
  readonly #find: PreparedQuery<Pick<ContentTable, 'details' | 'input' | 'output'>, ById>
  readonly #putItem: PreparedQuery<unknown, { itemId: string; responseId: string }>
  readonly #delete: PreparedQuery<unknown, ById>
  readonly #deleteItems: PreparedQuery<unknown, ById>

  constructor(store: Store<ResponseSchema>) {
    this.#putInput = store.prepare((db, { responseId, details, dialect, input }) =>
      db
        .insertInto('contents')
        .values({ response_id: responseId, details, dialect, input })
        .onConflict((conflict) => conflict.column('response_id').doNothing()),
    )
    this.#putOutput = store.prepare((db, { responseId, output }) =>
      db.updateTable('contents').set({ output }).where('response_id', '=', responseId),
    )
    this.#putDetails = store.prepare((db, { responseId, details }) =>
      db.updateTable('contents').set({ details }).where('response_id', '=', responseId),
    )
    this.#find = store.prepare((db, { responseId }) =>
      db.selectFrom('contents').select(['details', 'input', 'output']).where('response_id', '=', responseId),
    )
    this.#putItem = store.prepare((db, { itemId, responseId }) =>
      db
        .insertInto('output_items')
        .values({ item_id: itemId, response_id: responseId })
        .onConflict((conflict) => conflict.columns(['item_id', 'response_id']).doNothing()),
    )
    this.#deleteItems = store.prepare((db, { responseId }) =>
      db.deleteFrom('output_items').where('response_id', '=', responseId),
    )
    this.#delete = store.prepare((db, { responseId }) =>
      db.deleteFrom('contents').where('response_id', '=', responseId),
    )
  }

  putInput: ContentStore['putInput'] = async (tx, responseId, { instructions, options, metadata, items }) => {
    const details = JSON.stringify({ instructions, options, metadata })
    const dialect = options.native?.dialect ?? null
    await this.#putInput.write(tx, { responseId, details, dialect, input: JSON.stringify(items) })
  }

  putDetails: ContentStore['putDetails'] = async (tx, responseId, { instructions, options, metadata }) => {
    await this.#putDetails.write(tx, { responseId, details: JSON.stringify({ instructions, options, metadata }) })
  }

  putOutput: ContentStore['putOutput'] = async (tx, responseId, output) => {
    await this.#putOutput.write(tx, { responseId, output: JSON.stringify(output) })
    for (const { id } of output) await this.#putItem.write(tx, { itemId: id, responseId })
  }

  find: ContentStore['find'] = async (responseId) => {
    const row = await this.#find.first(null, { responseId })
    if (row === undefined) return undefined
    const output = row.output === null ? [] : parseItems(row.output)
    return { ...parseDetails(row.details), items: parseItems(row.input), output }
  }

  delete: ContentStore['delete'] = async (tx, responseId) => {
    await this.#delete.write(tx, { responseId })
    await this.#deleteItems.write(tx, { responseId })
  }
}

function parseDetails(text: string): Pick<Content, 'instructions' | 'options' | 'metadata'> {
  return JSON.parse(text)
}

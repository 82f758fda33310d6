import type { Store } from '@parley/chassis/store/store.ts'
import type { OutputItems } from '../application/ports.ts'
import type { ResponseSchema } from './schema.ts'

export class KyselyOutputItems implements OutputItems {
  readonly #store: Store<ResponseSchema>

  constructor(store: Store<ResponseSchema>) {
    this.#store = store
  }

  findResponses: OutputItems['findResponses'] = async (tenant, itemIds) => {
    const rows = await this.#store.read
      .selectFrom('output_items')
      .innerJoin('responses', 'responses.response_id', 'output_items.response_id')
      .select('output_items.response_id as responseId')
      .distinct()
      .where('output_items.item_id', 'in', itemIds)
      .where('responses.tenant', '=', tenant)
      .where('responses.store', '=', 1)
      .execute()
    return rows.map(({ responseId }) => responseId)
  }
}

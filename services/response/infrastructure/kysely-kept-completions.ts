import type { Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { KeptCompletions } from '../application/ports.ts'
import type { ResponseSchema } from './schema.ts'

export class KyselyKeptCompletions implements KeptCompletions {
  readonly #store: Store<ResponseSchema>

  constructor(store: Store<ResponseSchema>) {
    this.#store = store
  }

  list: KeptCompletions['list'] = async ({ tenant, after, order, limit, model }) => {
    const rows = await this.#store.read
      .selectFrom('responses')
      .innerJoin('contents', 'contents.response_id', 'responses.response_id')
      .select('responses.response_id')
      .where('tenant', '=', tenant)
      // Written out, so that the index of stored responses fits.
      .where(sql<boolean>`store = 1`)
      .where('dialect', '=', 'chat')
      .where('status', 'in', ['completed', 'incomplete'])
      .where('pending_turn', 'is', null)
      .$if(model !== null, (query) => query.where('model', '=', model ?? ''))
      .$if(after !== null, (query) => query.where('responses.response_id', order === 'asc' ? '>' : '<', after ?? ''))
      .orderBy('responses.response_id', order)
      .limit(limit)
      .execute()
    return rows.map((row) => row.response_id)
  }
}

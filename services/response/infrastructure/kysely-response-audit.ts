import type { Store } from '@parley/chassis/store/store.ts'
import type { ResponseAudit } from '../application/ports.ts'
import { columns, toRecord } from './response-row.ts'
import type { ResponseSchema } from './schema.ts'

export class KyselyResponseAudit implements ResponseAudit {
  readonly #store: Store<ResponseSchema>

  constructor(store: Store<ResponseSchema>) {
    this.#store = store
  }

  findMany: ResponseAudit['findMany'] = async (responseIds) => {
    if (responseIds.length === 0) return []
    const rows = this.#store.read
      .selectFrom('responses')
      .select(columns)
      .where('response_id', 'in', [...responseIds])
    return (await rows.execute()).map(toRecord)
  }

  list: ResponseAudit['list'] = async ({ after, limit }) => {
    const rows = this.#store.read.selectFrom('responses').select(columns).where('response_id', '>', after)
    return (
      await rows
        .orderBy('response_id')
        .limit(limit + 1)
        .execute()
    ).map(toRecord)
  }
}

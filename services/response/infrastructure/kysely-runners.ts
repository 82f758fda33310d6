import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { Siblings } from '@parley/chassis/runtime/define-service.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import type { Runners } from '../application/ports.ts'
import { ResponseContract } from '../contract.ts'
import { placeOf } from './runner-place.ts'
import type { ResponseSchema } from './schema.ts'

/** Where each process runs is a row of the database that they share; what it tells comes over the contract. */
export class KyselyRunners implements Runners {
  readonly #store: Store<ResponseSchema>
  readonly #siblings: Siblings

  constructor(store: Store<ResponseSchema>, siblings: Siblings) {
    this.#store = store
    this.#siblings = siblings
  }

  register: Runners['register'] = async (tx, owner) => {
    const db = this.#store.within(tx)
    // Whoever held the place before is gone, and nothing that it ran is told by it any more.
    await db
      .deleteFrom('runners')
      .where('owner', 'like', `${placeOf(owner)}/%`)
      .execute()
    await db.insertInto('runners').values({ owner, url: this.#siblings.url, started_at: this.#store.nowMs }).execute()
  }

  follow: Runners['follow'] = async (context, owner, query) => {
    const row = await this.#store.read.selectFrom('runners').select('url').where('owner', '=', owner).executeTakeFirst()
    if (row === undefined || row.url === this.#siblings.url) return null
    const sibling: Pick<CallsOf<typeof ResponseContract>, 'follow'> = this.#siblings.at(ResponseContract, row.url)
    return sibling.follow(context, query)
  }
}

import type { Store } from '@parley/chassis/store/store.ts'
import { splitTemplate, templateVariables } from '@parley/kernel/prompt-template.ts'
import type { Selectable } from 'kysely'
import type { PromptStore } from '../application/ports.ts'
import type { Prompt } from '../contract.ts'
import { pageOf } from './page.ts'
import type { PromptTable, SessionSchema } from './schema.ts'

/** A version is a number here and a text everywhere else; other texts name no version. */
export class KyselyPromptStore implements PromptStore {
  readonly #store: Store<SessionSchema>

  constructor(store: Store<SessionSchema>) {
    this.#store = store
  }

  insertNext: PromptStore['insertNext'] = async (tx, tenant, { promptId, text }) => {
    const db = this.#store.within(tx)
    const newest = await db
      .selectFrom('prompts')
      .select((select) => select.fn.max('version').as('version'))
      .where('tenant', '=', tenant)
      .where('prompt_id', '=', promptId)
      .executeTakeFirst()
    const version = Number(newest?.version ?? 0) + 1
    const row = await db
      .insertInto('prompts')
      .values({ tenant, prompt_id: promptId, version, text, created_at: this.#store.nowMs, retired_at: null })
      .onConflict((conflict) => conflict.columns(['tenant', 'prompt_id', 'version']).doNothing())
      .returningAll()
      .executeTakeFirst()
    return row && promptOf(row)
  }

  find: PromptStore['find'] = async (tenant, { promptId, version }) => {
    const number = numberOf(version)
    if (number === null) return undefined
    const row = await this.#versions(tenant, promptId).where('version', '=', number).executeTakeFirst()
    return row && promptOf(row)
  }

  findNewest: PromptStore['findNewest'] = async (tenant, promptId) => {
    const row = await this.#versions(tenant, promptId)
      .where('retired_at', 'is', null)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && promptOf(row)
  }

  has: PromptStore['has'] = async (tenant, promptId) =>
    (await this.#versions(tenant, promptId).limit(1).executeTakeFirst()) !== undefined

  list: PromptStore['list'] = async (tenant, { after, limit, order }) => {
    let query = this.#store.read
      .selectFrom('prompts')
      .selectAll()
      .where('tenant', '=', tenant)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('prompts as newer')
              .select('newer.version')
              .where('newer.tenant', '=', tenant)
              .whereRef('newer.prompt_id', '=', 'prompts.prompt_id')
              .whereRef('newer.version', '>', 'prompts.version'),
          ),
        ),
      )
    if (after !== undefined) query = query.where('prompt_id', order === 'asc' ? '>' : '<', after)
    const rows = await query
      .orderBy('prompt_id', order)
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, promptOf)
  }

  listVersions: PromptStore['listVersions'] = async (tenant, promptId, { after, limit, order }) => {
    let query = this.#versions(tenant, promptId)
    const number = after === undefined ? null : numberOf(after)
    if (number !== null) query = query.where('version', order === 'asc' ? '>' : '<', number)
    const rows = await query
      .orderBy('version', order)
      .limit(limit + 1)
      .execute()
    return pageOf(rows, limit, promptOf)
  }

  retire: PromptStore['retire'] = async (tx, tenant, { promptId, version }) => {
    const number = numberOf(version)
    if (number === null) return undefined
    const row = await this.#store
      .within(tx)
      .updateTable('prompts')
      .set((set) => ({ retired_at: set.fn.coalesce('retired_at', set.val(this.#store.nowMs)) }))
      .where('tenant', '=', tenant)
      .where('prompt_id', '=', promptId)
      .where('version', '=', number)
      .returningAll()
      .executeTakeFirst()
    return row && promptOf(row)
  }

  #versions(tenant: string, promptId: string) {
    return this.#store.read
      .selectFrom('prompts')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('prompt_id', '=', promptId)
  }
}

function numberOf(version: string): number | null {
  return /^[1-9]\d{0,8}$/.test(version) ? Number(version) : null
}

function promptOf(row: Selectable<PromptTable>): Prompt {
  return {
    promptId: row.prompt_id,
    version: String(row.version),
    text: row.text,
    variables: templateVariables(splitTemplate(row.text)),
    createdAt: row.created_at,
    retiredAt: row.retired_at,
  }
}

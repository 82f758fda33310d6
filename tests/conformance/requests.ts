import { waitUntil } from '@parley/testkit/latch.ts'
import type { System } from '../harness/system.ts'

type Asked = Pick<System, 'fetch'>

export interface RequestRow {
  readonly id: string
  readonly response_id: string
  readonly status: string
  readonly model: string
  readonly conversation_id: string | null
  readonly key_id: string | null
}

export interface LedgerRow {
  readonly id: string
  readonly response_id: string
  readonly status: string
  readonly model: string
  readonly provider: string | null
  readonly attempts: number
  readonly usage: { input_tokens: number; output_tokens: number; provenance: string } | null
}

interface ListOf<Row> {
  readonly data: Row[]
  readonly has_more: boolean
}

/** The tenant's accepted requests, newest first. */
export function listRequests(system: Asked, key: string): Promise<RequestRow[]> {
  return listAll(system, key, '/parley/requests')
}

/** The tenant's ledger, newest request first. */
export function listLedger(system: Asked, key: string): Promise<LedgerRow[]> {
  return listAll(system, key, '/parley/ledger')
}

/** The tenant's ledger once it has `count` rows. Fails at once when it has more, or when a row is there twice. */
export async function untilSettled(system: Asked, key: string, count: number): Promise<LedgerRow[]> {
  let rows: LedgerRow[] = []
  await waitUntil(
    async () => {
      rows = await listLedger(system, key)
      const ids = new Set(rows.map(({ id }) => id))
      if (rows.length > count || ids.size !== rows.length) throw new Error(`too many rows: ${JSON.stringify(rows)}`)
      return rows.length === count
    },
    { timeoutMs: 10_000, pollMs: 20, what: `${count} rows in the ledger` },
  )
  return rows
}

async function listAll<Row extends { id: string }>(system: Asked, key: string, path: string): Promise<Row[]> {
  const rows: Row[] = []
  while (true) {
    const after = rows.at(-1)?.id
    const answer = await system.fetch(`${path}?limit=100${after === undefined ? '' : `&after=${after}`}`, { key })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as ListOf<Row>
    rows.push(...page.data)
    if (!page.has_more) return rows
  }
}

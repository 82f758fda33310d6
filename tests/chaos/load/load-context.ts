import type { ClientRecord } from '../evidence/evidence.ts'
import type { Random } from '../random.ts'
import { ClientNote, type Journal } from './journal.ts'
import type { RawClient } from './raw-client.ts'
import { type LoadTenant, makeWish, type Wish, type WishShape } from './wish.ts'

/** What the work of clients is made from. */
export interface LoadContext {
  readonly url: string
  readonly administratorKey: string
  readonly raw: RawClient
  readonly tenants: readonly LoadTenant[]
  readonly journal: Journal
  readonly random: Random
  /** What this piece of work has noted. */
  readonly notes: ClientNote[]
  /** Until when a client tries again, in milliseconds of `performance.now()`; moves while faults last. */
  readonly patientUntilMs: () => number
  /** A name for the next wish. */
  readonly nextModel: (kind: string) => string
}

/** One kind of work. Resolves to how long its first answer took, or null when it was not answered as asked. */
export type Work = (context: LoadContext) => Promise<number | null>

export interface StartedWish {
  readonly tenant: LoadTenant
  readonly wish: Wish
  readonly note: ClientNote
}

export function startWish(
  { tenants, random, journal, notes, nextModel }: LoadContext,
  kind: string,
  shape: WishShape,
  fixed: { keyed?: boolean; tenant?: LoadTenant } = {},
): StartedWish {
  const tenant = fixed.tenant ?? random.pick(tenants)
  const wish = makeWish(nextModel(kind), tenant, shape)
  const record: Pick<ClientRecord, 'model' | 'kind' | 'tenant' | 'keyed' | 'expectedText'> = {
    model: wish.model,
    kind,
    tenant: tenant.tenant,
    keyed: fixed.keyed ?? false,
    expectedText: wish.expectedText,
  }
  const note = new ClientNote(record)
  journal.clients.push(note)
  notes.push(note)
  return { tenant, wish, note }
}

/** The longest that one exchange of a client may take. */
export const exchangeMs = 30_000

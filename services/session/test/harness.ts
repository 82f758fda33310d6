import type { TestContext } from 'node:test'
import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestStore } from '@parley/testkit/store.ts'
import { Value } from 'typebox/value'
import { createChangeSession } from '../application/change-session.ts'
import { createSweepSessions } from '../application/sweep-sessions.ts'
import { KyselyItemStore } from '../infrastructure/kysely-item-store.ts'
import { KyselyPromptStore } from '../infrastructure/kysely-prompt-store.ts'
import { KyselySessionStore } from '../infrastructure/kysely-session-store.ts'
import { KyselyTurnAudit } from '../infrastructure/kysely-turn-audit.ts'
import { KyselyTurnStore } from '../infrastructure/kysely-turn-store.ts'
import { KyselyUserStore } from '../infrastructure/kysely-user-store.ts'
import { migrations } from '../infrastructure/migrations/index.ts'
import { OutboxSessionEvents } from '../infrastructure/outbox-session-events.ts'
import type { SessionSchema } from '../infrastructure/schema.ts'
import { createCalls } from '../interface/calls.ts'

export interface PublishedEvent {
  readonly type: string
  readonly tenant: string
  readonly seq: number
  readonly data: unknown
}

export const context = testContext()
export const page = { limit: 100, order: 'asc' } as const
export const idleAfterMs = 1_000
export const expireAfterMs = 10_000

/** The service's use cases on a store of their own; `published` holds the events of committed transactions. */
export async function startService(t: TestContext, limits: { contextItemsMax?: number; wrap?: WrapStore } = {}) {
  const opened = await createTestStore<SessionSchema>('session', migrations)
  t.after(() => opened[Symbol.asyncDispose]())
  const store = limits.wrap?.(opened) ?? opened
  const published: PublishedEvent[] = []
  const events = new OutboxSessionEvents(recordingPublisher(published))
  const sessions = new KyselySessionStore(store)
  const stores = {
    items: new KyselyItemStore(store),
    turns: new KyselyTurnStore(store),
    turnAudit: new KyselyTurnAudit(store),
    users: new KyselyUserStore(store),
    prompts: new KyselyPromptStore(store),
  }
  const changeSession = createChangeSession({ store, sessions, events })
  const { contextItemsMax = 200 } = limits
  const calls = createCalls(
    { store, changeSession, sessions, events, newId, ...stores },
    { turnLeaseMs: 60_000, reservationMs: 5_000, contextItemsMax },
  )
  const sweep = createSweepSessions(
    { sessions, changeSession, onBehalfOf: (tenant, work) => work(testContext({ tenant, keyId: null })) },
    { idleAfterMs, expireAfterMs, batchMax: 2 },
  )
  return { store, sessions, calls, published, sweep: () => sweep(new AbortController().signal) }
}

export type WrapStore = (store: Store<SessionSchema>) => Store<SessionSchema>

/** Makes a session look as if it had not been used, nor its turn leased, for `ms` longer than it was. */
export async function letPass(store: Store<SessionSchema>, sessionId: string, ms: number): Promise<void> {
  await store.transaction(async (tx) => {
    await store
      .within(tx)
      .updateTable('sessions')
      .set(({ eb }) => ({ last_active_at: eb('last_active_at', '-', ms), lease_until: eb('lease_until', '-', ms) }))
      .where('session_id', '=', sessionId)
      .execute()
  })
}

let lastItem = 0

export function message(text: string, id = `msg_${++lastItem}`): Item {
  return { type: 'message', id, role: 'user', content: [{ type: 'input_text', text }] }
}

/** For `t.assert.rejects`: an AppError of that code. */
export function failsWith(code: ErrorCode, words: RegExp = /./) {
  return (error: unknown) => error instanceof AppError && error.code === code && words.test(error.message)
}

function recordingPublisher(published: PublishedEvent[]): EventPublisher {
  return {
    async publish(tx, { principal }, event, data, { seq }) {
      Value.Assert(event.data, data)
      tx.afterCommit(() => published.push({ type: event.type, tenant: principal.tenant, seq, data }))
    },
  }
}

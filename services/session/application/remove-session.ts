import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { ItemStore, SessionEvents, SessionStore, TurnStore } from './ports.ts'

export interface RemoveSessionPorts {
  readonly sessions: SessionStore
  readonly items: ItemStore
  readonly turns: TurnStore
  readonly events: SessionEvents
}

/** Removes a session with its items and turns and publishes its last event. Resolves to whether it was there. */
export type RemoveSession = (tx: Transaction, context: CallContext, sessionId: string) => Promise<boolean>

export function createRemoveSession({ sessions, items, turns, events }: RemoveSessionPorts): RemoveSession {
  return async function removeSession(tx, context, sessionId) {
    const key = { tenant: context.principal.tenant, sessionId }
    const session = await sessions.lock(tx, key)
    if (session === undefined) return false
    await items.deleteAll(tx, key)
    await turns.deleteAll(tx, key)
    await sessions.delete(tx, key)
    await events.publish(tx, context, session, { name: 'deleted' }, { seq: session.eventSeq + 1 })
    return true
  }
}

import { AppError } from '@parley/chassis/values/errors.ts'
import type { SessionCalls } from '../contract.ts'
import { requireFree } from '../domain/turn-lock.ts'
import { advance, type ChangeSession, sessionNotFound, sessionView } from './change-session.ts'
import { placeItems } from './place-items.ts'
import type { ItemStore, SessionKey, SessionStore } from './ports.ts'

/** Appends items outside of a turn; an idle session opens. Throws SESSION_CLOSED, SESSION_BUSY, INVALID_REQUEST. */
export function createAppendItems(changeSession: ChangeSession, items: ItemStore): SessionCalls['appendItems'] {
  return function appendItems(context, { sessionId, items: added }) {
    const key = { tenant: context.principal.tenant, sessionId }
    return changeSession(context, sessionId, async (session, tx) => {
      const { session: active, happenings } = advance(session, 'activity')
      requireFree(session)
      await placeItems(items, { tx, key, firstPosition: session.nextPosition }, added)
      const itemCount = session.itemCount + added.length
      const nextPosition = session.nextPosition + added.length
      return { session: { ...active, itemCount, nextPosition }, happenings, result: { items: added } }
    })
  }
}

/** Takes one item out of the transcript; the positions of the others stay. Throws ITEM_NOT_FOUND, SESSION_BUSY. */
export function createDeleteItem(changeSession: ChangeSession, items: ItemStore): SessionCalls['deleteItem'] {
  return function deleteItem(context, { sessionId, itemId }) {
    const key = { tenant: context.principal.tenant, sessionId }
    return changeSession(context, sessionId, async (session, tx) => {
      requireFree(session)
      if (!(await items.delete(tx, key, itemId))) throw itemNotFound(key, itemId)
      const shorter = { ...session, itemCount: session.itemCount - 1 }
      return { session: shorter, happenings: [], result: sessionView(shorter) }
    })
  }
}

export interface ReadItemsPorts {
  readonly sessions: SessionStore
  readonly items: ItemStore
}

/** Throws SESSION_NOT_FOUND, ITEM_NOT_FOUND. */
export function createGetItem({ sessions, items }: ReadItemsPorts): SessionCalls['getItem'] {
  return async function getItem(context, { sessionId, itemId }) {
    const key = { tenant: context.principal.tenant, sessionId }
    await requireSession(sessions, key)
    const found = await items.find(key, itemId)
    if (found === undefined) throw itemNotFound(key, itemId)
    return found.item
  }
}

/** Throws SESSION_NOT_FOUND, and ITEM_NOT_FOUND when there is no item `after`. */
export function createListItems({ sessions, items }: ReadItemsPorts): SessionCalls['listItems'] {
  return async function listItems(context, { sessionId, after: itemId, limit, order }) {
    const key = { tenant: context.principal.tenant, sessionId }
    await requireSession(sessions, key)
    if (itemId === undefined) return items.list(key, { limit, order })
    const last = await items.find(key, itemId)
    if (last === undefined) throw itemNotFound(key, itemId, 'after')
    return items.list(key, { limit, order, after: last.position })
  }
}

async function requireSession(sessions: SessionStore, key: SessionKey): Promise<void> {
  if ((await sessions.find(key)) === undefined) throw sessionNotFound(key.sessionId)
}

function itemNotFound({ sessionId }: SessionKey, itemId: string, param: string | null = null): AppError {
  return new AppError(
    'ITEM_NOT_FOUND',
    `Session '${sessionId}' has no item '${itemId}'. List its items to see their ids.`,
    {
      param,
    },
  )
}

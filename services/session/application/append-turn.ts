import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { SessionCalls } from '../contract.ts'
import { freeTurn } from '../domain/turn-lock.ts'
import { advance, type ChangeSession } from './change-session.ts'
import { placeItemsAnyway } from './place-items.ts'
import type { ItemStore, TurnStore } from './ports.ts'

export interface AppendTurnPorts {
  readonly changeSession: ChangeSession
  readonly items: ItemStore
  readonly turns: TurnStore
  readonly newId: NewId
}

/**
 * Appends the items of a finished response once, and frees the session. A turn whose lease was lost, or whose session
 * was closed meanwhile, is appended all the same: what was generated belongs to the transcript. Throws SESSION_NOT_FOUND.
 */
export function createAppendTurn({ changeSession, items, turns, newId }: AppendTurnPorts): SessionCalls['appendTurn'] {
  const renewId = (item: Item) => newId(idPrefixes[item.type])
  return function appendTurn(context, { sessionId, responseId, items: added }) {
    const key = { tenant: context.principal.tenant, sessionId, responseId }
    return changeSession<{ appended: boolean }>(context, sessionId, async (session, tx) => {
      const lock = freeTurn(session.lock, responseId)
      if (!(await turns.insert(tx, key))) {
        const freed = lock === session.lock ? session : { ...session, lock }
        return { session: freed, happenings: [], result: { appended: false } }
      }
      await placeItemsAnyway(items, { tx, key, firstPosition: session.nextPosition }, added, renewId)
      const { session: active, happenings } = advance(session, 'turn-append')
      const itemCount = session.itemCount + added.length
      const nextPosition = session.nextPosition + added.length
      return {
        session: { ...active, lock, itemCount, nextPosition },
        happenings: [...happenings, { name: 'turnAppended', responseId, itemCount: added.length }],
        result: { appended: true },
      }
    })
  }
}

const idPrefixes = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'item',
  reasoning: 'rs',
} as const satisfies Record<Item['type'], string>

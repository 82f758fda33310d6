import type { SessionCalls } from '../contract.ts'
import { chooseContextWindow, type SizedItem } from '../domain/context-window.ts'
import { mergePreferences } from '../domain/preferences.ts'
import { sessionNotFound } from './change-session.ts'
import type { ItemStore, SessionKey, SessionStore } from './ports.ts'

export interface BuildContextPorts {
  readonly sessions: SessionStore
  readonly items: ItemStore
}

/** Most turns need few items, so the first page is small; those that need many pay few queries. */
const firstPageItems = 16
const pageGrowth = 4

/** The newest items within the caller's budget. Throws SESSION_NOT_FOUND. */
export function createBuildContext(
  { sessions, items }: BuildContextPorts,
  { itemsMax }: { itemsMax: number },
): SessionCalls['buildContext'] {
  return async function buildContext(context, { sessionId, tokensMax }) {
    const key = { tenant: context.principal.tenant, sessionId }
    const session = await sessions.find(key)
    if (session === undefined) throw sessionNotFound(sessionId)
    const window = await chooseContextWindow(pagesNewestFirst(key, session.nextPosition), { tokensMax, itemsMax })
    return { ...window, preferences: mergePreferences(session.userPreferences, session.preferences) }
  }

  async function* pagesNewestFirst(key: SessionKey, end: number): AsyncIterable<readonly SizedItem[]> {
    // One more than may be taken shows whether anything was left out.
    let remaining = itemsMax + 1
    let before = end
    for (let limit = firstPageItems; remaining > 0; limit *= pageGrowth) {
      const asked = Math.min(limit, remaining)
      const page = await items.listNewest(key, { before, limit: asked })
      yield page
      const oldest = page.at(-1)
      if (oldest === undefined || page.length < asked) return
      before = oldest.position
      remaining -= asked
    }
  }
}

import type { CallContext } from '@parley/chassis/values/context.ts'
import type { Item } from '@parley/kernel/items.ts'
import { Type } from 'typebox'
import type { SessionClient } from '../../application/ports.ts'
import { encodeItem } from '../responses/encode-items.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, JsonObject, Nullable } from '../schemas.ts'
import { encodeSession, SessionObject } from './sessions.ts'

const pageItemsMax = 100
const itemsMax = 10_000

const SessionExport = Type.Object({
  object: Type.Literal('parley.session.export'),
  session: SessionObject,
  items: Type.Array(JsonObject),
  last_id: Nullable(Type.String()),
  has_more: Type.Boolean(),
})

/** A session as one document, to keep elsewhere or to hand to whom it is about. */
export function sessionExportRoute({ sessions }: { sessions: SessionClient }): Route {
  return defineRoute({
    method: 'GET',
    path: '/parley/sessions/{session_id}/export',
    summary: `Export a session with its items, oldest first; of more than ${itemsMax} items the rest comes with \`after\``,
    scope: 'sessions',
    params: Type.Object({ session_id: Id }),
    query: Type.Object({ after: Type.Optional(Id) }),
    responses: { 200: { description: 'The session and its items.', body: SessionExport } },
    async handle({ context, params, query }) {
      const sessionId = params.session_id
      const session = await sessions.getSession(context, { sessionId })
      const { items, hasMore } = await readItems(sessions, context, { sessionId, after: query.after })
      return json({
        object: 'parley.session.export',
        session: encodeSession(session),
        items: items.map(encodeItem),
        last_id: items.at(-1)?.id ?? null,
        has_more: hasMore,
      })
    },
  })
}

async function readItems(
  sessions: SessionClient,
  context: CallContext,
  { sessionId, after }: { sessionId: string; after: string | undefined },
): Promise<{ items: Item[]; hasMore: boolean }> {
  const items: Item[] = []
  let last = after
  let hasMore = true
  while (hasMore && items.length < itemsMax) {
    const query = { sessionId, limit: pageItemsMax, order: 'asc' as const, ...(last !== undefined && { after: last }) }
    const page = await sessions.listItems(context, query)
    items.push(...page.data)
    last = page.data.at(-1)?.id ?? last
    hasMore = page.hasMore
  }
  return { items, hasMore }
}

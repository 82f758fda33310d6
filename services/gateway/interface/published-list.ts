import { Type } from 'typebox'
import { toList } from './schemas.ts'

/** A page as OpenAI describes it: the ids are always text, and empty when the page is. */
export const PublishedListOf = <T extends Type.TSchema>(entry: T) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(entry),
    first_id: Type.String(),
    last_id: Type.String(),
    has_more: Type.Boolean(),
  })

export function toPublishedList<T>(data: readonly T[], hasMore: boolean, idOf: (entry: T) => string) {
  const list = toList(data, hasMore, idOf)
  return { ...list, first_id: list.first_id ?? '', last_id: list.last_id ?? '' }
}

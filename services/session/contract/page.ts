import { Type } from 'typebox'

/** The fields of a call that lists in pages. */
export const Page = {
  /** The id after which the page starts. */
  after: Type.Optional(Type.String()),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
  order: Type.Union([Type.Literal('asc'), Type.Literal('desc')]),
}

export const listOf = <T extends Type.TSchema>(entry: T) =>
  Type.Object({ data: Type.Array(entry), hasMore: Type.Boolean() })

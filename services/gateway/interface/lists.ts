import { Type } from 'typebox'
import { Nullable } from './schemas.ts'

const pageLimitMax = 100
export const pageLimitDefault = 20
export const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: pageLimitMax }))
export const Order = Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')]))
type Order = 'asc' | 'desc'

/** Of a query: how many entries, and the id after which they begin. */
interface Position {
  readonly limit?: number
  readonly after?: string
}

/** A page as the contracts ask for it. */
export function toPage({ limit = pageLimitDefault, after }: Position): { limit: number; after?: string } {
  return { limit, ...(after !== undefined && { after }) }
}

export function toOrderedPage({ order, ...position }: Position & { readonly order?: Order }, usualOrder: Order) {
  return { ...toPage(position), order: order ?? usualOrder }
}

interface Page<T> {
  readonly data: readonly T[]
  readonly hasMore: boolean
}

interface EntryCodec<T> {
  idOf(entry: T): string
  encode(entry: T): object
}

export const ListOf = <T extends Type.TSchema>(entry: T) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(entry),
    first_id: Nullable(Type.String()),
    last_id: Nullable(Type.String()),
    has_more: Type.Boolean(),
  })

/** A page as OpenAI's SDKs page through it. */
export function encodeList<T>({ data, hasMore }: Page<T>, { idOf, encode }: EntryCodec<T>) {
  const first = data[0]
  const last = data.at(-1)
  return {
    object: 'list',
    data: data.map((entry) => encode(entry)),
    first_id: first === undefined ? null : idOf(first),
    last_id: last === undefined ? null : idOf(last),
    has_more: hasMore,
  }
}

/** A page as OpenAI describes it: the ids are always text, and empty when the page is. */
export const PublishedListOf = <T extends Type.TSchema>(entry: T) =>
  Type.Object({ ...ListOf(entry).properties, first_id: Type.String(), last_id: Type.String() })

export function encodePublishedList<T>(page: Page<T>, codec: EntryCodec<T>) {
  const list = encodeList(page, codec)
  return { ...list, first_id: list.first_id ?? '', last_id: list.last_id ?? '' }
}

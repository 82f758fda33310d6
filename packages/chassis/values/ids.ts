/**
 * Ids are a prefix and a UUIDv7 without hyphens: `resp_0199f3…`. They sort by the time they were made and are made by
 * the application, never by a database.
 */
export type NewId = (prefix: IdPrefix) => string

/** One prefix per kind of thing, as it shows on the wire. */
export type IdPrefix =
  | 'bud'
  | 'cmp'
  | 'conv'
  | 'evt'
  | 'fc'
  | 'key'
  | 'msg'
  | 'req'
  | 'resp'
  | 'rs'
  | 'call'
  | 'user'
  | 'item'

const idPattern = /^[a-z]+_[0-9a-f]{32}$/

/** True when `id` has the prefix and the form of an id made here; says nothing about whether it exists. */
export function hasIdForm(prefix: IdPrefix, id: string): boolean {
  return id.startsWith(`${prefix}_`) && idPattern.test(id)
}

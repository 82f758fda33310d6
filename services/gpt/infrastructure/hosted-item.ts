import type { Item } from '@parley/kernel/items.ts'
import { isObject, type JsonObject, stringOf } from './json-values.ts'
import { unsupported } from './unsupported.ts'

/** What the tools of a provider of Responses made; null for every other item. */
export function hostedItem({ native }: Item): JsonObject | null {
  const item = native?.dialect === 'responses' ? native.fields['item'] : undefined
  return isObject(item) ? item : null
}

/** Throws UNSUPPORTED_PARAMETER where a provider of another dialect would be asked to read such an item. */
export function refuseHosted(item: Item, path: string): void {
  const made = hostedItem(item)
  if (made === null) return
  const type = stringOf(made['type']).slice(0, 100)
  throw unsupported(
    path,
    `${path}: items of type '${type}', which belong to tools that run at a provider; leave them out`,
  )
}

import { AppError } from '@parley/chassis/values/errors.ts'
import type { Transaction } from '@parley/chassis/values/transaction.ts'
import type { Item } from '@parley/kernel/items.ts'
import { estimateItemTokens } from '@parley/kernel/usage.ts'
import { isUsableId, requireUsableId } from '../domain/own-id.ts'
import type { ItemStore, SessionKey } from './ports.ts'

interface Placement {
  readonly tx: Transaction
  readonly key: SessionKey
  /** Where the first item goes; the others follow without a gap. */
  readonly firstPosition: number
}

/** Writes items one behind the other. Throws INVALID_REQUEST for one whose id is not usable or taken in the session. */
export async function placeItems(items: ItemStore, placement: Placement, added: readonly Item[]): Promise<void> {
  for (const [index, item] of added.entries()) {
    const param = `items[${index}].id`
    requireUsableId(item.id, param)
    if (await placeItem(items, placement, item, index)) continue
    const message = `The session already has an item '${item.id}'. Give this one another id.`
    throw new AppError('INVALID_REQUEST', message, { param })
  }
}

/** The same for items that may not be refused any more: where an id cannot stay, `renewId` makes another one. */
export async function placeItemsAnyway(
  items: ItemStore,
  placement: Placement,
  added: readonly Item[],
  renewId: (item: Item) => string,
): Promise<void> {
  for (const [index, item] of added.entries()) {
    if (isUsableId(item.id) && (await placeItem(items, placement, item, index))) continue
    await placeItem(items, placement, { ...item, id: renewId(item) }, index)
  }
}

function placeItem(items: ItemStore, { tx, key, firstPosition }: Placement, item: Item, index: number) {
  return items.insert(tx, key, { item, tokens: estimateItemTokens(item), position: firstPosition + index })
}

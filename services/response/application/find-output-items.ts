import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { ContentStore, OutputItems } from './ports.ts'

export type FindOutputItems = (context: CallContext, query: { itemIds: string[] }) => Promise<{ items: Item[] }>

/** Items of the tenant's stored responses, in the order asked for. Throws ITEM_NOT_FOUND for the first that is absent. */
export function createFindOutputItems(ports: { outputItems: OutputItems; contents: ContentStore }): FindOutputItems {
  const { outputItems, contents } = ports
  return async function findOutputItems({ principal }, { itemIds }) {
    const found = new Map<string, Item>()
    for (const responseId of await outputItems.findResponses(principal.tenant, itemIds)) {
      const content = await contents.find(responseId)
      for (const item of content?.output ?? []) found.set(item.id, item)
    }
    return { items: itemIds.map((id) => found.get(id) ?? refuse(id)) }
  }
}

function refuse(id: string): never {
  throw new AppError('ITEM_NOT_FOUND', `There is no stored item '${id}'. Send the item itself.`, { param: 'input' })
}

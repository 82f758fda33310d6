import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { ResponseClient } from '../../application/ports.ts'
import { invalid } from '../schemas.ts'
import type { InputItem, InputReference, ResponsesBody } from './schema.ts'

/** Input in which every item is there itself. */
export type ResolvedInput = string | readonly ResolvedItem[]
export type ResolvedItem = Exclude<InputItem, InputReference>

const referencesMax = 1_000

/**
 * Puts the items of stored responses in the place of what only names them. Input without such references is passed on as
 * it is. Throws INVALID_REQUEST that names the reference to nothing.
 */
export async function resolveReferences(
  responses: Pick<ResponseClient, 'findOutputItems'>,
  context: CallContext,
  input: ResponsesBody['input'],
): Promise<ResolvedInput> {
  if (input === null || input === undefined) return []
  if (typeof input === 'string') return input
  const itemIds = [...new Set(input.filter(isReference).map(({ id }) => id))]
  if (itemIds.length === 0) return input.filter(isItem)
  if (itemIds.length > referencesMax) throw invalid('input', `At most ${referencesMax} items can be named by their id.`)
  const { items } = await responses.findOutputItems(context, { itemIds }).catch(explain)
  const known = new Map(items.map((item) => [item.id, item as ResolvedItem]))
  return input.flatMap((item) => (isReference(item) ? (known.get(item.id) ?? []) : [item]))
}

function isReference(item: InputItem): item is InputReference {
  return item.type === 'item_reference'
}

function isItem(item: InputItem): item is ResolvedItem {
  return item.type !== 'item_reference'
}

function explain(error: unknown): never {
  if (error instanceof AppError && error.code === 'ITEM_NOT_FOUND') throw invalid('input', error.message)
  throw error
}

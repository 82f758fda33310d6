import type { Item } from '@parley/kernel/items.ts'
import { canonicalJson } from './canonical-json.ts'

/**
 * The text by which two submissions under one idempotency key are compared. The ids of items do not count: they are
 * often made anew while a body is read, so that a repeated body would not equal itself.
 */
export function comparableText(input: { readonly items: readonly Item[] }): string {
  return canonicalJson({
    ...input,
    items: input.items.map(({ id: _, ...rest }) => rest),
    idempotencyKey: undefined,
    submissionId: undefined,
  })
}

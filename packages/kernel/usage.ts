import { type Static, Type } from 'typebox'
import { type Item, itemText } from './items.ts'

/** Where a token count comes from: the provider's own figure, an exact tokenizer, or an estimate. */
export const Provenance = Type.Union([Type.Literal('provider'), Type.Literal('exact'), Type.Literal('estimated')])
export type Provenance = Static<typeof Provenance>

/**
 * Tokens of one generation. `inputTokens` includes the cached ones and those that were written to a cache, `outputTokens`
 * the reasoning ones.
 */
export const Usage = Type.Object({
  inputTokens: Type.Integer({ minimum: 0 }),
  cachedInputTokens: Type.Integer({ minimum: 0 }),
  /** Absent when the provider does not tell them. */
  cacheWriteTokens: Type.Optional(Type.Integer({ minimum: 0 })),
  outputTokens: Type.Integer({ minimum: 0 }),
  reasoningTokens: Type.Integer({ minimum: 0 }),
  provenance: Provenance,
})
export type Usage = Static<typeof Usage>

const itemOverheadTokens = 4
/** Text parts are counted by length; an image, file or audio part counts as this many tokens. */
const mediaPartTokens = 1_000

/**
 * A token count from length alone: 4 bytes of UTF-8 per token, plus a fixed overhead per item. Linear in the text and
 * independent of a model, so a store can keep it beside the item. Always of provenance `estimated`.
 */
export function estimateItemTokens(item: Item): number {
  const media = item.type === 'message' ? item.content.filter((part) => isMedia(part.type)).length : 0
  return itemOverheadTokens + media * mediaPartTokens + estimateTextTokens(itemText(item))
}

export function estimateTextTokens(text: string): number {
  return Math.ceil(utf8Length(text) / 4)
}

function isMedia(type: string): boolean {
  return type === 'input_image' || type === 'input_file' || type === 'input_audio'
}

function utf8Length(text: string): number {
  let length = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) length += unit > 0x7ff && !isSurrogate(unit) ? 2 : 1
  }
  return length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

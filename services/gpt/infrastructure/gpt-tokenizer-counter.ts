import { setImmediate as nextTurn } from 'node:timers/promises'
import { estimateTextTokens, type Provenance } from '@parley/kernel/usage.ts'
import type { TokenCount, TokenCounter } from '../application/ports.ts'

/**
 * Counts with OpenAI's own encodings. Their tables take about 80 MB, so they are loaded when a model that uses them is
 * first counted. Other models are estimated.
 *
 * Byte pair encoding is quadratic in the length of an unbroken run: runs are cut, text is counted in slices with a turn
 * of the event loop after each, and what is left after the time allowed is estimated.
 */
export class GptTokenizerCounter implements TokenCounter {
  readonly #busyMsMax: number
  readonly #encodings = new Map<EncodingName, Promise<CountText>>()

  constructor({ busyMsMax = 250 }: { busyMsMax?: number } = {}) {
    this.#busyMsMax = busyMsMax
  }

  async count(model: string, texts: readonly string[]): Promise<TokenCount> {
    const name = encodingOf(model)
    if (name === null) return estimate(texts)
    const count = await this.#load(name).catch(() => null)
    return count === null ? estimate(texts) : this.#countWithin(count, texts)
  }

  #load(name: EncodingName): Promise<CountText> {
    const loaded = this.#encodings.get(name) ?? loadEncoding(name)
    this.#encodings.set(name, loaded)
    return loaded
  }

  async #countWithin(count: CountText, texts: readonly string[]): Promise<TokenCount> {
    let tokens = 0
    let provenance: Provenance = 'exact'
    let busyMs = 0
    for (const text of texts) {
      for (let start = 0; start < text.length; ) {
        if (busyMs > this.#busyMsMax) {
          tokens += estimateTextTokens(text.slice(start))
          provenance = 'estimated'
          break
        }
        const { end, exact } = sliceEnd(text, start)
        const startedAt = performance.now()
        const counted = countSlice(count, text.slice(start, end))
        busyMs += performance.now() - startedAt
        tokens += counted.tokens
        if (!exact || counted.provenance !== 'exact') provenance = 'estimated'
        start = end
        if (end < text.length) await nextTurn()
      }
    }
    return { tokens, provenance }
  }
}

type EncodingName = 'o200k_base' | 'cl100k_base'
type CountText = (text: string) => number

const sliceCharsMax = 4_096
/** Runs of one kind that are too long to be split exactly, and the pieces that text with such runs is counted in. */
const longRun = /[\p{L}\p{M}]{129,}|[^\s\p{L}\p{N}]{129,}|[\s/]{129,}/u
const runPieces = /[\s\S]{1,128}/gu

/** By how the model's name starts, a provider's prefix aside. Null for models of other makers. */
function encodingOf(model: string): EncodingName | null {
  const name = model.slice(model.lastIndexOf('/') + 1)
  if (/^(?:gpt-4o|gpt-4\.|gpt-[5-9]|gpt-oss|chatgpt|o\d)/.test(name)) return 'o200k_base'
  return /^(?:gpt-4|gpt-3\.5|text-embedding)/.test(name) ? 'cl100k_base' : null
}

async function loadEncoding(name: EncodingName): Promise<CountText> {
  const encoding =
    name === 'o200k_base'
      ? await import('gpt-tokenizer/encoding/o200k_base')
      : await import('gpt-tokenizer/encoding/cl100k_base')
  encoding.setMergeCacheSize(10_000)
  // Text that looks like a control token is text.
  const options = { disallowedSpecial: new Set<string>() }
  return (text) => encoding.countTokens(text, options)
}

function estimate(texts: readonly string[]): TokenCount {
  return { tokens: texts.reduce((sum, text) => sum + estimateTextTokens(text), 0), provenance: 'estimated' }
}

function countSlice(count: CountText, slice: string): TokenCount {
  if (!longRun.test(slice)) return { tokens: count(slice), provenance: 'exact' }
  const pieces = slice.match(runPieces) ?? []
  return { tokens: pieces.reduce((sum, piece) => sum + count(piece), 0), provenance: 'estimated' }
}

/** Where a slice may end without a token reaching over it: before a single space, or between a line end and a word. */
function sliceEnd(text: string, start: number): { end: number; exact: boolean } {
  const limit = start + sliceCharsMax
  if (limit >= text.length) return { end: text.length, exact: true }
  for (let end = limit; end > start; end--) {
    const around = text.slice(end - 1, end + 2)
    if (/^\S \S/u.test(around) || /^\n[a-z0-9]/i.test(around)) return { end, exact: true }
  }
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1))
  return { end: splitsPair ? limit - 1 : limit, exact: false }
}

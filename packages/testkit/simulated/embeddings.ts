import { estimateTextTokens } from '@parley/kernel/usage.ts'
import { parseMessage } from './directives.ts'
import type { SimulatedFailure } from './simulated-model.ts'

export type EmbeddingsPlan =
  | SimulatedFailure
  | {
      readonly kind: 'embeddings'
      readonly vectors: readonly (readonly number[])[]
      readonly inputTokens: number
      readonly firstMs: number
    }

const dimensionsDefault = 256
const dimensionsMax = 4_096
const inputsMax = 2_048

/**
 * Vectors that depend on the words alone: the same text always gets the same one, texts that share words are near each
 * other, and the length is 1. A first text with `/simulate` is obeyed as in chat.
 */
export function planEmbeddings(
  input: string | readonly (string | number | readonly number[])[],
  dimensions: number | null,
): EmbeddingsPlan {
  const texts = toTexts(input)
  const wanted = dimensions ?? dimensionsDefault
  if (wanted > dimensionsMax) return wrong(`'dimensions' must be at most ${dimensionsMax}.`)
  if (texts.length === 0) return wrong("'input' must not be empty.")
  if (texts.length > inputsMax) return wrong(`'input' must have at most ${inputsMax} entries.`)
  const first = parseMessage(texts[0] ?? '')
  if (first.status === 'wrong') return wrong(first.message)
  const {
    fail_status: status,
    fail_code: code = null,
    retry_after: retryAfter = null,
    first_ms: firstMs = 0,
  } = first.directives
  if (status !== undefined) {
    const message = `The simulated provider was told to fail with status ${status}.`
    return { kind: 'failure', status, code, message, retryAfterSeconds: retryAfter }
  }
  return {
    kind: 'embeddings',
    vectors: texts.map((text) => toVector(text, wanted)),
    inputTokens: texts.reduce((sum, text) => sum + Math.max(1, estimateTextTokens(text)), 0),
    firstMs,
  }
}

/** Tokens are words to this model: it knows no others. */
function toTexts(input: string | readonly (string | number | readonly number[])[]): string[] {
  if (typeof input === 'string') return [input]
  if (typeof input[0] === 'number') return [input.join(' ')]
  return input.map((entry) => (typeof entry === 'string' ? entry : [entry].flat().join(' ')))
}

/** Each word adds to a few places, by its hash. */
function toVector(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    for (let place = 0; place < 8; place++) {
      const hash = hashOf(`${place}:${word}`)
      const index = hash % dimensions
      vector[index] = (vector[index] ?? 0) + (hash & 0x8000 ? 1 : -1)
    }
  }
  const length = Math.hypot(...vector)
  if (length === 0) vector[0] = 1
  return vector.map((value) => Math.fround(value / (length || 1)))
}

/** 32-bit FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

function wrong(message: string): SimulatedFailure {
  return { kind: 'failure', status: 400, code: 'invalid_value', message, retryAfterSeconds: null }
}

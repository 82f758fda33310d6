import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import type { EmbeddingsBody } from './schema.ts'

/**
 * `POST /v1/embeddings` as a request, so that it is limited, budgeted and booked like any other. Numbers are the default
 * of this dialect, whatever the encoding most SDKs ask for.
 */
export function decodeEmbeddings(body: EmbeddingsBody, newId: NewId): RequestInput {
  const { model, input, encoding_format: encoding, dimensions, ...others } = body
  const native = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null && value !== undefined))
  const { texts, tokens } = readInput(input)
  return {
    model,
    instructions: null,
    prompt: null,
    items: texts.map((text) => toItem(text, newId)),
    options: {
      // Nothing is written; without a bound, a budget would set aside the longest answer there is.
      maxOutputTokens: 1,
      embedding: {
        encoding: encoding ?? 'float',
        ...(typeof dimensions === 'number' && { dimensions }),
        ...(tokens !== null && { tokens }),
        ...(Object.keys(native).length > 0 && { native }),
      },
    },
    delivery: 'whole',
    store: false,
    sessionId: null,
    previousResponseId: null,
    metadata: {},
  }
}

/** Tokens have no text; one item stands for all of them. */
function readInput(input: EmbeddingsBody['input']): { texts: string[]; tokens: number[][] | null } {
  if (typeof input === 'string') return { texts: [input], tokens: null }
  const texts = input.filter((entry) => typeof entry === 'string')
  if (texts.length > 0) return { texts, tokens: null }
  const numbers = input.filter((entry) => typeof entry === 'number')
  const lists = input.filter((entry) => Array.isArray(entry))
  return { texts: [''], tokens: numbers.length > 0 ? [numbers] : lists }
}

function toItem(text: string, newId: NewId): Item {
  const content = [{ type: 'input_text' as const, text }]
  return { type: 'message', id: newId('msg'), status: 'completed', role: 'user', content }
}

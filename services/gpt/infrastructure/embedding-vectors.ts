import type { EmbeddingEncoding } from '@parley/kernel/generation.ts'

/** A vector in the encoding asked for: numbers, or their 32-bit floats, little-endian, in base64. */
export function encodeVector(vector: readonly number[], encoding: EmbeddingEncoding): string | number[] {
  if (encoding === 'float') return [...vector]
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

/** The numbers of such a text; null when it is none. */
export function decodeVector(text: string): number[] | null {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

/**
 * The simulated model's tokens: pieces of text of at most twelve characters with the white space before them. Pieces
 * concatenate to the text.
 */
export function toPieces(text: string): string[] {
  return text.match(/\s*\S{1,12}|\s+$/gu) ?? []
}

/** Puts pieces together into `count` chunks of nearly equal length; fewer when there are fewer pieces. */
export function toChunks(pieces: readonly string[], count: number): string[] {
  const chunkCount = Math.min(count, pieces.length)
  const chunks: string[] = []
  for (let index = 0; index < chunkCount; index++) {
    const start = Math.floor((index * pieces.length) / chunkCount)
    const end = Math.floor(((index + 1) * pieces.length) / chunkCount)
    chunks.push(pieces.slice(start, end).join(''))
  }
  return chunks
}

const filler = ' simulated words follow one another and say nothing new'

/** Text of exactly `bytes` bytes of UTF-8 that starts like `text`. */
export function fitBytes(text: string, bytes: number): string {
  let length = 0
  let end = 0
  for (const character of text) {
    const size = utf8Size(character.codePointAt(0) ?? 0)
    if (length + size > bytes) break
    length += size
    end += character.length
  }
  const missing = bytes - length
  const cut = end < text.length
  return (
    text.slice(0, end) + (cut ? '.' : filler).repeat(Math.ceil(missing / (cut ? 1 : filler.length))).slice(0, missing)
  )
}

/** Appends filler until the text has at least `count` pieces. */
export function growToPieces(text: string, count: number): string[] {
  const pieces = toPieces(text)
  if (pieces.length >= count) return pieces
  const fillerPieces = toPieces(filler)
  for (let index = 0; pieces.length < count; index++) pieces.push(fillerPieces[index % fillerPieces.length] ?? ' ')
  return pieces
}

function utf8Size(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x1_0000 ? 3 : 4
}

import { AppError } from '@parley/chassis/values/errors.ts'

const pairsMax = 16
const keyCharsMax = 64
const valueCharsMax = 512

/** Throws INVALID_REQUEST that says which limit was passed. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata)
  if (pairs.length > pairsMax) refuse(`metadata holds at most ${pairsMax} pairs; ${pairs.length} were given.`)
  for (const [key, value] of pairs) {
    if (key.length > keyCharsMax)
      refuse(`metadata keys have at most ${keyCharsMax} characters; shorten '${key.slice(0, keyCharsMax)}…'.`)
    if (value.length > valueCharsMax)
      refuse(`metadata values have at most ${valueCharsMax} characters; shorten that of '${key}'.`)
  }
}

function refuse(message: string): never {
  throw new AppError('INVALID_REQUEST', message, { param: 'metadata' })
}

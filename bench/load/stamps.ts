/**
 * A stamp is written by the upstream into the text of each chunk and read by the load generator, whatever the subject does
 * to the chunk in between: `~<index>.<instant>;`, both in base 36, the instant in microseconds of the monotonic clock.
 * (Base 36 looks like neither a telephone nor a card number, which a subject might redact.)
 */
export interface Stamp {
  readonly index: number
  readonly sentUs: number
}

export function writeStamp({ index, sentUs }: Stamp): string {
  return `~${index.toString(36)}.${Math.round(sentUs).toString(36)};`
}

/** Every stamp in the text, in its order. */
export function readStamps(text: string): Stamp[] {
  const stamps: Stamp[] = []
  for (const [, index = '', instant = ''] of text.matchAll(/~([0-9a-z]+)\.([0-9a-z]+);/g)) {
    stamps.push({ index: Number.parseInt(index, 36), sentUs: Number.parseInt(instant, 36) })
  }
  return stamps
}

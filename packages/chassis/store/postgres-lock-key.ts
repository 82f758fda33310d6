import { createHash } from 'node:crypto'

/** The number by which an advisory lock of a schema is known; they are shared by a whole database. As text: it has 64 bits. */
export function lockKey(schema: string, name: string): string {
  return createHash('sha256').update(`parley/${schema}/${name}`).digest().readBigInt64BE(0).toString()
}

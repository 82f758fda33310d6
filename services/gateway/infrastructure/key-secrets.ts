import { hash, randomBytes } from 'node:crypto'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretBytes = 32
/** Base 62 digits that 256 bits take at most. */
const secretDigits = 43

/** `parley-` and 256 random bits, in digits and letters. */
export function newRandomSecret(): string {
  let rest = BigInt(`0x${randomBytes(secretBytes).toString('hex')}`)
  let text = ''
  while (text.length < secretDigits) {
    text = digits.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return `parley-${text}`
}

/** SHA-256 in hex. */
export function sha256(secret: string): string {
  return hash('sha256', secret, 'hex')
}

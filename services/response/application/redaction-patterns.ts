/**
 * Something that must not leave. A match is at most `charsMax` long and consists of characters of `alphabet` alone, so
 * that a stream only has to hold back a run of such characters. Repetitions in `match` are bounded and leave no choice
 * of how to split a text, so that matching takes time linear in it.
 */
export interface RedactionPattern {
  readonly match: RegExp
  readonly alphabet: RegExp
  readonly charsMax: number
  readonly replacement: string
  /** Whether a match is what it looks like; absent when it always is. */
  readonly confirms?: (match: string) => boolean
}

export const redactionPatterns: Readonly<Record<string, RedactionPattern>> = {
  email: {
    match: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}/,
    alphabet: /[A-Za-z0-9._%+@-]/,
    charsMax: 350,
    replacement: '[email]',
  },
  card: {
    match: /(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])/,
    alphabet: /[0-9 -]/,
    charsMax: 40,
    replacement: '[card]',
    confirms: hasCheckDigit,
  },
  'api-key': {
    match:
      /(?<![A-Za-z0-9_-])(?:sk-[A-Za-z0-9_-]{16,240}|gh[opsur]_[A-Za-z0-9]{30,240}|xox[abprs]-[A-Za-z0-9-]{10,240}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35})/,
    alphabet: /[A-Za-z0-9_-]/,
    charsMax: 250,
    replacement: '[api-key]',
  },
}

/** The Luhn check that card numbers pass, and nine of ten other numbers do not. */
function hasCheckDigit(match: string): boolean {
  let sum = 0
  let doubled = false
  for (const digit of [...match].filter((character) => character >= '0' && character <= '9').reverse()) {
    const value = Number(digit) * (doubled ? 2 : 1)
    sum += value > 9 ? value - 9 : value
    doubled = !doubled
  }
  return sum % 10 === 0
}

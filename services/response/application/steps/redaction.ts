import type { CreateStep } from '../pipeline.ts'
import { type RedactionPattern, redactionPatterns } from '../redaction-patterns.ts'
import { type TextRewriter, transformText } from '../transform-text.ts'

/** Replaces what looks like an e-mail address, a card number or a key, wherever the stream happens to be cut. */
export const createStep: CreateStep = ({ redactionPatterns: names }) => {
  const patterns = names.map(patternOf)
  return () => transformText(() => new Redactor(patterns))
}

function patternOf(name: string): RedactionPattern {
  const pattern = redactionPatterns[name]
  if (pattern !== undefined) return pattern
  throw new Error(`there is no redaction pattern '${name}'; there are: ${Object.keys(redactionPatterns).join(', ')}`)
}

/**
 * Text is final once no match can begin in it and go on beyond what has arrived. For one pattern that is everything
 * before the run of its alphabet at the end, and in any case what is further from the end than its longest match.
 */
export class Redactor implements TextRewriter {
  readonly #patterns: readonly RedactionPattern[]
  readonly #matcher: RegExp
  /** Text that is not final; `#context` characters before it are kept for patterns that look behind. */
  #held = ''
  #context = ''

  constructor(patterns: readonly RedactionPattern[]) {
    this.#patterns = patterns
    this.#matcher = new RegExp(patterns.map(({ match }) => `(${match.source})`).join('|') || '(?!)', 'g')
  }

  write(delta: string): string {
    this.#held += delta
    return this.#emit(Math.min(this.#held.length, ...this.#patterns.map((pattern) => this.#finalLength(pattern))))
  }

  end(): string {
    return this.#emit(this.#held.length)
  }

  #finalLength({ alphabet, charsMax }: RedactionPattern): number {
    const earliest = Math.max(0, this.#held.length - charsMax - 1)
    let length = this.#held.length
    while (length > earliest && alphabet.test(this.#held[length - 1] ?? '')) length--
    return length
  }

  /** Emits text that begins before `finalLength`; a match that begins there is final as a whole. */
  #emit(finalLength: number): string {
    const text = this.#context + this.#held
    const offset = this.#context.length
    const limit = offset + finalLength
    let output = ''
    let done = offset
    this.#matcher.lastIndex = offset
    for (
      let found = this.#matcher.exec(text);
      found !== null && found.index < limit;
      found = this.#matcher.exec(text)
    ) {
      output += text.slice(done, found.index) + this.#replacementOf(found)
      done = found.index + found[0].length
    }
    const end = Math.max(done, limit)
    output += text.slice(done, end)
    this.#held = text.slice(end)
    this.#context = text.slice(Math.max(0, end - 1), end)
    return output
  }

  #replacementOf(found: RegExpExecArray): string {
    const pattern = this.#patterns[found.findIndex((group, index) => index > 0 && group !== undefined) - 1]
    if (pattern === undefined || pattern.confirms?.(found[0]) === false) return found[0]
    return pattern.replacement
  }
}

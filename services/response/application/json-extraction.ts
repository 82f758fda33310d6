import type { TextRewriter } from './transform-text.ts'

/**
 * Finds the JSON object or array that a text is about. A text that begins with an object passes through as it arrives,
 * and what follows the object is dropped. Anything else is held to its end: of the objects and arrays within, as in a
 * code fence or after a word of introduction, the longest is taken; a text without any stays as it is.
 */
export function createJsonExtractor(): TextRewriter {
  let mode: 'undecided' | 'passing' | 'holding' | 'over' = 'undecided'
  const nesting = new JsonNesting()
  let held = ''

  return {
    write(delta) {
      if (mode === 'over') return ''
      if (mode === 'holding') {
        held += delta
        return ''
      }
      let text = delta
      if (mode === 'undecided') {
        text = delta.trimStart()
        if (text === '') return ''
        mode = text.startsWith('{') ? 'passing' : 'holding'
        if (mode === 'holding') {
          held = text
          return ''
        }
      }
      const end = nesting.endIn(text)
      if (end === null) return text
      mode = 'over'
      return text.slice(0, end)
    },
    end: () => (mode === 'holding' ? (jsonWithin(held) ?? held) : ''),
  }
}

/** Follows brackets and strings; linear in the text and independent of where it is cut. */
class JsonNesting {
  #depth = 0
  #inString = false
  #escaped = false

  /** The index after the character that closes the outermost bracket, or null. */
  endIn(text: string, start = 0): number | null {
    for (let index = start; index < text.length; index++) {
      if (this.#closes(text[index])) return index + 1
    }
    return null
  }

  #closes(character: string | undefined): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (character === '\\') this.#escaped = true
      else if (character === '"') this.#inString = false
      return false
    }
    if (character === '"') this.#inString = this.#depth > 0
    else if (isOpening(character)) this.#depth++
    else if (character === '}' || character === ']') return --this.#depth === 0
    return false
  }
}

/** Brackets of prose that start no JSON are tried no more often than this, which keeps the search linear. */
const startsMax = 32

function jsonWithin(text: string): string | null {
  let longest: string | null = null
  let index = 0
  for (let starts = 0; starts < startsMax; starts++) {
    while (index < text.length && !isOpening(text[index])) index++
    if (index === text.length) break
    const end = new JsonNesting().endIn(text, index)
    const candidate = end === null ? null : text.slice(index, end)
    if (candidate !== null && isJson(candidate)) {
      if (candidate.length > (longest?.length ?? 0)) longest = candidate
      index += candidate.length
    } else {
      index++
    }
  }
  return longest
}

function isOpening(character: string | undefined): boolean {
  return character === '{' || character === '['
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

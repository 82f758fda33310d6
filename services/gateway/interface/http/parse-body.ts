import { isUtf8 } from 'node:buffer'
import { AppError } from '@parley/chassis/values/errors.ts'
import { parse } from 'secure-json-parse'

/** Deeper bodies are refused: some JSON tools fail on them, on our side or behind it. */
export const bodyDepthMax = 100

/**
 * A JSON body as a value that is safe to keep and pass on: UTF-8 throughout, of bounded depth, each key once per object,
 * no key that reaches a prototype, no text that a database or another JSON parser would refuse. Throws INVALID_JSON.
 */
export function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw invalid('The body is empty. Send a JSON object.')
  if (!isUtf8(bytes)) throw invalid('The body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  const keysWritten = scan(text)
  const body = parseJson(text)
  const keys = countKeys(body)
  if (keys === unsafe) throw explain(body, '') ?? invalid('The body contains text or numbers that cannot be kept.')
  if (keys !== keysWritten) throw invalid('The body has the same key twice in one object. Send each key once.')
  return body
}

function parseJson(text: string): unknown {
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' })
  } catch (error) {
    const detail = error instanceof Error ? error.message : ''
    if (detail.includes('forbidden prototype')) {
      throw invalid('The body has a key that is not allowed: __proto__, or constructor with prototype inside.')
    }
    const position = /position (\d+)/.exec(detail)?.[1]
    throw invalid(`The body is not valid JSON${position === undefined ? '' : ` (see position ${position})`}.`)
  }
}

const backslash = 0x5c

/** One pass over the text. Returns how many keys are written in it, which is exact when it is valid JSON. */
function scan(text: string): number {
  let depth = 0
  let keys = 0
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22:
        index = endOfString(text, index)
        break
      case 0x3a:
        keys++
        break
      case 0x5b:
      case 0x7b:
        if (++depth > bodyDepthMax) throw invalid(`The body is nested deeper than ${bodyDepthMax} levels.`)
        break
      case 0x5d:
      case 0x7d:
        depth--
    }
  }
  return keys
}

/** The index of the quote that ends the string which begins at `start`, or the last index. */
function endOfString(text: string, start: number): number {
  let end = start
  while (true) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes escape each other and leave the quote as it is.
    if ((end - before) % 2 === 1) return end
  }
}

const unsafe = -1

/** How many keys the objects in `value` have together, or `unsafe` when anything in it must be refused. */
function countKeys(value: unknown): number {
  if (typeof value === 'string') return isSafeText(value) ? 0 : unsafe
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : unsafe
  if (typeof value !== 'object' || value === null) return 0
  let keys = 0
  if (Array.isArray(value)) {
    for (const entry of value) {
      const within = countKeys(entry)
      if (within === unsafe) return unsafe
      keys += within
    }
    return keys
  }
  for (const key in value) {
    const within = isSafeText(key) ? countKeys((value as Record<string, unknown>)[key]) : unsafe
    if (within === unsafe) return unsafe
    keys += 1 + within
  }
  return keys
}

function isSafeText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Where `countKeys` met something unsafe; apart from it because naming places costs more than looking for them. */
function explain(value: unknown, path: string): AppError | null {
  if (typeof value === 'string' && !isSafeText(value)) {
    const fault = value.includes('\0') ? 'contains the character NUL' : 'contains half of a surrogate pair'
    return invalid(`${named(path)} ${fault}. Remove it.`, path)
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    return invalid(`${named(path)} is too large a number.`, path)
  if (typeof value !== 'object' || value === null) return null
  for (const [key, entry] of Object.entries(value)) {
    if (!isSafeText(key)) return invalid(`A key in ${named(path)} contains NUL or half of a surrogate pair.`, path)
    const place = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
    const fault = explain(entry, place)
    if (fault !== null) return fault
  }
  return null
}

function named(path: string): string {
  return path === '' ? 'the body' : path
}

function invalid(message: string, param?: string): AppError {
  return new AppError('INVALID_JSON', message, { param: param === undefined || param === '' ? null : param })
}

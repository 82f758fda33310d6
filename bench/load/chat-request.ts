import { ANSWER_TEXT_BYTES, API_KEY, MODEL } from '../settings.ts'
import type { HttpRequest } from './exchange.ts'

const WORDS = 'the quick brown fox jumps over the lazy dog while seven wizards brew a calm and honest tea '

/** Plain English of exactly this length. */
export function english(bytes: number): string {
  return WORDS.repeat(Math.ceil(bytes / WORDS.length))
    .slice(0, bytes)
    .trimEnd()
    .padEnd(bytes, '.')
}

export const SYSTEM_PROMPT = 'Answer briefly.'
/** The first line steers a simulated upstream. */
export const PROMPT = promptWith('')

export interface ChatRequestOptions {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Absent: a plain JSON answer. */
  readonly stream?: { readonly chunks: number; readonly intervalMs: number }
}

/** About 1 KB of request in either form. */
export function chatRequest({ path, headers, stream }: ChatRequestOptions): HttpRequest {
  const pace = stream === undefined ? '' : ` chunks=${stream.chunks} interval_ms=${stream.intervalMs}`
  const messages = [
    { role: 'system', content: SYSTEM_PROMPT },
    { role: 'user', content: promptWith(pace) },
  ]
  return jsonPost(path, { model: MODEL, messages, ...(stream === undefined ? {} : { stream: true }) }, headers)
}

export function jsonPost(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}`, ...headers },
    body: JSON.stringify(body),
  }
}

function promptWith(pace: string): string {
  return `/simulate text_bytes=${ANSWER_TEXT_BYTES}${pace}\n${english(850)}`
}

import type { IncomingMessage } from 'node:http'
import type { Dialect } from './exchange.ts'

/** Anthropic's own paths, and the shared list of models when its SDK asks for it. */
export function dialectOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): Dialect {
  // All paths in question begin so; the others are decided by one comparison.
  if (!url.startsWith('/v1/m')) return 'openai'
  if (/^\/v1\/messages(?:[/?]|$)/.test(url)) return 'anthropic'
  return headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
}

import type { RequestHeaders } from './route.ts'
import { invalid } from './schemas.ts'

/** Names the conversation that a call of a stateless dialect belongs to. */
export const sessionHeader = 'x-parley-session'

/** The conversation whose memory a chat or messages call uses; null for none. Throws INVALID_REQUEST. */
export function sessionIdOf(headers: RequestHeaders): string | null {
  const id = headers[sessionHeader]
  if (id === undefined) return null
  if (typeof id === 'string' && /^[!-~]{1,128}$/.test(id) && !id.includes(',')) return id
  throw invalid(sessionHeader, `The header ${sessionHeader} must be the id of one conversation, as in conv_….`)
}

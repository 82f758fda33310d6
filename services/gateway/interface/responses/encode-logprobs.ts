/** A token's log probability with every field that this wire has; some providers leave the bytes out. */
export function encodeLogprob(value: unknown): unknown {
  if (!isFields(value)) return value
  const { top_logprobs: top, ...token } = value
  return { ...withBytes(token), top_logprobs: Array.isArray(top) ? top.filter(isFields).map(withBytes) : [] }
}

type Fields = Readonly<Record<string, unknown>>

function withBytes(token: Fields): Fields {
  if (Array.isArray(token['bytes'])) return token
  return { ...token, bytes: [...new TextEncoder().encode(String(token['token']))] }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

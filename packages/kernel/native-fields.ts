type Fields = Readonly<Record<string, unknown>>

/** Names whose text is given again with each piece instead of being continued. */
const repeated: ReadonlySet<string> = new Set(['id', 'type', 'index', 'format', 'object'])

/**
 * Pieces of streamed fields put together, as the clients of such streams do it: texts are continued, lists too, objects
 * field by field; anything else is replaced.
 */
export function mergeFields(before: Fields, after: Fields): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(after)) {
    const known = Object.hasOwn(before, name) ? before[name] : undefined
    merged[name] = repeated.has(name) ? value : merge(known, value)
  }
  return merged
}

function merge(known: unknown, value: unknown): unknown {
  if (typeof known === 'string' && typeof value === 'string') return known + value
  if (Array.isArray(known) && Array.isArray(value)) return [...known, ...value]
  if (isFields(known) && isFields(value)) return mergeFields(known, value)
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

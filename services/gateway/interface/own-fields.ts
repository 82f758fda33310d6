/** Fields of items and parts that are Parley's own, by whether a value may be what it says it is. */
const ownFields: Readonly<Record<string, (value: unknown) => boolean>> = {
  native: isNative,
  custom: (value) => value === true,
  choice: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  name: (value) => typeof value === 'string',
  signature: (value) => typeof value === 'string',
}

/**
 * Unknown fields of a client's items are kept; those that have a meaning here only where they are what Parley itself
 * gives. Returns the fields themselves where none is wrong.
 */
export function withoutWrongOwn<T extends object>(fields: T): T {
  let kept: T | null = null
  for (const name in ownFields) {
    if (!(name in fields) || ownFields[name]?.(fields[name as keyof T]) === true) continue
    kept ??= { ...fields }
    delete kept[name as keyof T]
  }
  return kept ?? fields
}

const dialects: ReadonlySet<string> = new Set(['chat', 'messages', 'responses', 'embeddings'])

function isNative(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('dialect' in value) || !('fields' in value)) return false
  const { dialect, fields } = value
  return (
    typeof dialect === 'string' &&
    dialects.has(dialect) &&
    typeof fields === 'object' &&
    fields !== null &&
    !Array.isArray(fields)
  )
}

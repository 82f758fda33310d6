import type { JsonObject } from './json-values.ts'

/** The fields of a tool call, or of a fragment of one, that have a meaning here. */
export const callFields: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom'])

/** What a provider adds to the dialect, or null; without what says nothing. */
export function unknownFields(given: JsonObject, known: ReadonlySet<string>): Record<string, unknown> | null {
  let found: Record<string, unknown> | null = null
  for (const name in given) {
    const value = given[name]
    if (value === null || value === undefined || value === '' || known.has(name)) continue
    if (Array.isArray(value) && value.length === 0) continue
    found ??= {}
    found[name] = value
  }
  return found
}

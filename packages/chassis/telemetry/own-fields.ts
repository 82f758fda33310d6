/** What stands at the top of a line without a dot: fields of the schema's own base, and errors. */
const topLevel = new Set(['message', 'tags', 'labels', 'err', 'error', '@timestamp'])

const places = new Map<string, string>()

/**
 * A line's own fields have plain names in code (`responseId`) and stand below `parley.` in the log
 * (`parley.response_id`), as the Elastic Common Schema wants of fields that it does not know. Fields with a dot in their
 * name are the schema's and stay; a line that has only those is not copied.
 */
export function placeOwnFields(line: Readonly<Record<string, unknown>>): Record<string, unknown> {
  for (const name in line) if (!isPlaced(name)) return copyPlaced(line)
  return line
}

function copyPlaced(line: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const placed: Record<string, unknown> = {}
  for (const name in line) placed[isPlaced(name) ? name : placeOf(name)] = line[name]
  return placed
}

function isPlaced(name: string): boolean {
  return name.includes('.') || topLevel.has(name)
}

function placeOf(name: string): string {
  let place = places.get(name)
  if (place === undefined) {
    place = `parley.${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
    places.set(name, place)
  }
  return place
}

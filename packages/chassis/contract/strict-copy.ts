/**
 * What the other side of a wire would see: a JSON copy, frozen to the last leaf, so that nothing can lean on shared
 * memory. `undefined` fields vanish, dates become text, class instances lose their methods.
 */
export function strictCopy<T>(value: T): T {
  return value === undefined ? value : freeze(JSON.parse(JSON.stringify(value)))
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value
}

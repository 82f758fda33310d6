/** Nodes that are reached from each other through the edges share a group. */
export function stronglyConnected(
  nodes: readonly string[],
  edgesOf: (node: string) => readonly string[],
): readonly (readonly string[])[] {
  const reached = new Map(nodes.map((node) => [node, reachableFrom(node, edgesOf)]))
  const groups: string[][] = []
  for (const node of nodes) {
    if (groups.some((group) => group.includes(node))) continue
    const both = nodes.filter(
      (other) => other === node || (reached.get(node)?.has(other) === true && reached.get(other)?.has(node) === true),
    )
    groups.push(both)
  }
  return groups
}

function reachableFrom(start: string, edgesOf: (node: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [start]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const next of edgesOf(node)) {
      if (found.has(next)) continue
      found.add(next)
      open.push(next)
    }
  }
  return found
}

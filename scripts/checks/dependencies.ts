import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const page = 'docs/dependencies.md'

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

/** Dependencies that nobody explains, explanations of absent ones, and versions that are not pinned. */
export async function findDependencyProblems(root: string): Promise<string[]> {
  if (!existsSync(path.join(root, page))) return [`${page} is missing`]
  const declared = readDeclared(root)
  const names = new Set(declared.map(({ name }) => name))
  const explained = new Set(
    [...readFileSync(path.join(root, page), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name),
  )
  return [
    ...[...names].filter((name) => !explained.has(name)).map((name) => `${page} has no row for ${name}`),
    ...[...explained]
      .filter((name) => !names.has(name))
      .map((name) => `${page} has a row for ${name}, which is not used`),
    ...declared
      .filter(({ version }) => !/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+[\w.+-]*$/.test(version))
      .map(({ manifest, name, version }) => `${manifest}: ${name} is not pinned (${version})`),
  ]
}

/** Everything from the registry that a package.json of this repository asks for. */
function readDeclared(root: string) {
  const manifests = globSync(['package.json', '{packages,services,apps,bench/peers}/*/package.json'], { cwd: root })
  return manifests.flatMap((manifest) => {
    const content: Manifest = JSON.parse(readFileSync(path.join(root, manifest), 'utf8'))
    const all = { ...content.dependencies, ...content.devDependencies, ...content.optionalDependencies }
    return Object.entries(all)
      .filter(([name]) => !name.startsWith('@parley/'))
      .map(([name, version]) => ({ manifest, name, version }))
  })
}

import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A package of this repository. */
export interface Workspace {
  /** As others import it: `@parley/session`. */
  readonly name: string
  /** From the root, with forward slashes: `services/session`. */
  readonly folder: string
  readonly description: string | null
  /** Workspaces that it depends on at run time, by name. */
  readonly dependencies: readonly string[]
}

interface Manifest {
  name: string
  description?: string
  dependencies?: Record<string, string>
}

/** Every workspace below `root`, by folder. */
export function readWorkspaces(root: string): Workspace[] {
  const folders = globSync('{packages,services,apps}/*/package.json', { cwd: root }).map(path.dirname).sort()
  const manifests = folders.map(
    (folder): Manifest => JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')),
  )
  const names = new Set(manifests.map(({ name }) => name))
  return manifests.map(({ name, description = null, dependencies = {} }, index) => ({
    name,
    folder: (folders[index] ?? '').replaceAll('\\', '/'),
    description,
    dependencies: Object.keys(dependencies).filter((dependency) => names.has(dependency)),
  }))
}

export function isService({ folder }: Workspace): boolean {
  return folder.startsWith('services/')
}

/** What a program needs of this repository besides itself. */
export interface Closure {
  /** With all that they hold. The program's own workspaces are among them. */
  readonly whole: readonly Workspace[]
  /** Services of which the contract is known, and nothing else. */
  readonly contractOnly: readonly Workspace[]
}

/**
 * What the workspaces named `roots` need. Services know of each other the contract only, and so do packages; a program
 * below `apps/` runs the services that it depends on.
 */
export function closureOf(workspaces: readonly Workspace[], roots: readonly string[]): Closure {
  const byName = new Map(workspaces.map((workspace) => [workspace.name, workspace]))
  const whole = new Set(roots)
  const contractOnly = new Set<string>()
  for (const name of whole) {
    const workspace = byName.get(name)
    if (workspace === undefined) throw new Error(`there is no workspace ${name}`)
    for (const dependency of workspace.dependencies) {
      const needed = byName.get(dependency)
      if (needed === undefined || !isService(needed) || workspace.folder.startsWith('apps/')) whole.add(dependency)
      else contractOnly.add(dependency)
    }
  }
  return {
    whole: workspaces.filter(({ name }) => whole.has(name)),
    contractOnly: workspaces.filter(({ name }) => contractOnly.has(name) && !whole.has(name)),
  }
}

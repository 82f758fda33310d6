interface LockFile {
  readonly packages: Record<string, LockedPackage>
}

interface LockedPackage {
  readonly name?: string
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dependencies?: Record<string, string>
}

/** A workspace's folder and what its package.json says. */
export interface Manifest {
  readonly folder: string
  readonly name: string
  readonly version: string
  readonly dependencies: Record<string, string>
}

/** The lock file as npm writes it once the workspaces say what they say in `manifests`; nothing has to be fetched. */
export function lockWorkspaces(text: string, manifests: readonly Manifest[]): string {
  const lock = JSON.parse(text) as LockFile
  const added = manifests.flatMap(({ folder, name, version, dependencies }): [string, LockedPackage][] => [
    [`node_modules/${name}`, { resolved: folder, link: true }],
    [folder, { name, version, ...lock.packages[folder], dependencies }],
  ])
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(added) })
  packages.sort(([a], [b]) => a.localeCompare(b, 'en'))
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`
}

/** The version of a library that the repository uses. */
export function lockedVersion(text: string, library: string): string {
  const version = (JSON.parse(text) as LockFile).packages[`node_modules/${library}`]?.version
  if (version === undefined) throw new Error(`package-lock.json has no ${library}`)
  return version
}

/** Of every package of this repository, without its scope. */
export function workspaceNames(text: string): ReadonlySet<string> {
  const entries = Object.entries((JSON.parse(text) as LockFile).packages)
  return new Set(
    entries.flatMap(([place, { link }]) =>
      link === true && place.startsWith('node_modules/@parley/') ? [place.slice('node_modules/@parley/'.length)] : [],
    ),
  )
}

import { closureOf, isService, type Workspace } from '../workspaces.ts'

/** What a change may have broken, and so what has to be tested and built anew. */
export interface Affected {
  /** Workspaces whose own tests have to be run, by folder. */
  readonly workspaces: readonly string[]
  /** Services whose place in the system has to be tried again: their own code changed, or a contract that they use. */
  readonly services: readonly string[]
  /** Suites below `tests/` that were changed themselves. */
  readonly suites: readonly string[]
  /** Folders of the programs whose images are other ones now. */
  readonly images: readonly string[]
}

/** Whatever everything stands on: a change there affects everything. */
const foundations = [
  /^package(?:-lock)?\.json$/,
  /^\.npmrc$/,
  /^tsconfig\.json$/,
  /^scripts\/(?!tools\/)/,
  /^tests\/harness\//,
]
const notRun = [/\.md$/, /^docs\//, /^LICENSE$/, /^deploy\/dashboards\//]

/**
 * What the changed files (from the root, with forward slashes) affect. A change of a service stays with the service and
 * the programs that contain it, unless it changes the contract: then it reaches all who use that.
 */
export function findAffected(workspaces: readonly Workspace[], changed: readonly string[]): Affected {
  const files = changed.filter((file) => !notRun.some((pattern) => pattern.test(file)))
  if (files.some((file) => foundations.some((pattern) => pattern.test(file)))) return everything(workspaces)
  const changes = files.flatMap((file) => changeOf(workspaces, file))
  const tested = workspaces.filter((workspace) => changes.some((change) => affectsTests(workspaces, workspace, change)))
  const built = workspaces.filter(hasImage).filter(({ name }) => {
    const { whole, contractOnly } = imageClosure(workspaces, name)
    return changes.some(
      ({ workspace, part }) =>
        (part !== 'tests' && whole.includes(workspace)) || (part === 'contract' && contractOnly.includes(workspace)),
    )
  })
  const testsOnly = changes.every(({ part }) => part === 'tests')
  return {
    workspaces: tested.map(({ folder }) => folder),
    services: testsOnly ? [] : tested.filter(isService).map(({ folder }) => baseName(folder)),
    suites: [...new Set(files.flatMap((file) => /^tests\/([^/]+)\//.exec(file)?.[1] ?? []))].sort(),
    images: built.map(({ folder }) => folder),
  }
}

function everything(workspaces: readonly Workspace[]): Affected {
  return {
    workspaces: workspaces.map(({ folder }) => folder),
    services: workspaces.filter(isService).map(({ folder }) => baseName(folder)),
    suites: ['.'],
    images: workspaces.filter(hasImage).map(({ folder }) => folder),
  }
}

interface Change {
  readonly workspace: Workspace
  readonly part: 'contract' | 'code' | 'tests'
}

function changeOf(workspaces: readonly Workspace[], file: string): Change[] {
  const workspace = workspaces.find(({ folder }) => file.startsWith(`${folder}/`))
  if (workspace === undefined) return []
  const inside = file.slice(workspace.folder.length + 1)
  if (inside.startsWith('test/')) return [{ workspace, part: 'tests' }]
  const isContract = isService(workspace) && /^contract(?:\.ts$|\/)/.test(inside)
  return [{ workspace, part: isContract ? 'contract' : 'code' }]
}

function affectsTests(workspaces: readonly Workspace[], tested: Workspace, { workspace, part }: Change): boolean {
  if (tested === workspace) return true
  if (part === 'tests') return false
  const { whole } = closureOf(workspaces, [tested.name])
  if (whole.includes(workspace)) return true
  // The catalog lists every contract; whoever only reads that list does not use each of them.
  return part === 'contract' && tested.dependencies.includes(workspace.name)
}

function hasImage({ folder }: Workspace): boolean {
  return (folder.startsWith('services/') && folder !== 'services/database') || folder === 'apps/all-in-one'
}

/** The image with all services has the command line in it. */
function imageClosure(workspaces: readonly Workspace[], name: string) {
  return closureOf(workspaces, name === '@parley/all-in-one' ? [name, '@parley/cli'] : [name])
}

function baseName(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1)
}

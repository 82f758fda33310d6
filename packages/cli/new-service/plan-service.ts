import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contracts } from '@parley/catalog/contracts.ts'
import { defaultInternalPort } from '@parley/chassis/placement/default-ports.ts'
import { lockedVersion, lockWorkspaces, type Manifest, workspaceNames } from './lock-file.ts'
import { registrationsOf } from './registrations.ts'
import { formsOf, nameProblem } from './service-name.ts'
import { fillTemplate } from './template-files.ts'

/** What is to be written, by path from the folder of the repository. */
export interface ServicePlan {
  readonly created: ReadonlyMap<string, string>
  readonly changed: ReadonlyMap<string, string>
}

export type Planned =
  | { readonly status: 'planned'; readonly plan: ServicePlan }
  | { readonly status: 'refused'; readonly problem: string }

const lockFiles = ['package-lock.json', 'node_modules/.package-lock.json']

/** Everything that `parley new service` is about to write; touches nothing. `problem` says why it cannot. */
export function planService(root: string, name: string): Planned {
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const lock = read('package-lock.json')
  const problem = nameProblem(name, workspaceNames(lock))
  if (problem !== null) return { status: 'refused', problem }

  const forms = formsOf(name)
  const created = fillTemplate({
    ...forms,
    port: String(defaultInternalPort([...contracts, { ...contracts[0], name } as never], name)),
    'version:kysely': lockedVersion(lock, 'kysely'),
    'version:typebox': lockedVersion(lock, 'typebox'),
  })
  const folder = `services/${name}`
  const inTheWay = [folder, ...created.keys()].find((file) => existsSync(join(root, file)))
  if (inTheWay !== undefined) return { status: 'refused', problem: `${inTheWay} is there already: nothing was written` }

  const changed = new Map(registrationsOf(forms).map(({ file, apply }) => [file, apply(read(file))]))
  const manifests = [...created, ...changed].flatMap(([file, text]) =>
    file.endsWith('/package.json') ? [manifestOf(file, text)] : [],
  )
  for (const file of lockFiles.filter((each) => existsSync(join(root, each)))) {
    changed.set(file, lockWorkspaces(read(file), manifests))
  }
  return { status: 'planned', plan: { created, changed } }
}

function manifestOf(file: string, text: string): Manifest {
  return { ...(JSON.parse(text) as Omit<Manifest, 'folder'>), folder: file.slice(0, -'/package.json'.length) }
}

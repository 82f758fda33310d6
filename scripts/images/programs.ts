import { existsSync } from 'node:fs'
import path from 'node:path'
import { contracts } from '@parley/catalog/contracts.ts'
import { defaultInternalPort, severalServicesPort } from '@parley/chassis/placement/default-ports.ts'
import { type Closure, closureOf, isService, readWorkspaces, type Workspace } from '../workspaces.ts'

/** A program of this repository that has an image. */
export interface ImageProgram {
  /** Of the image, after `parley/`: `session`, `all-in-one`. */
  readonly name: string
  readonly description: string
  /** From the root: `services/session`. Its Dockerfile is there. */
  readonly folder: string
  /** Workspaces whose libraries are installed. */
  readonly roots: readonly string[]
  readonly closure: Closure
  /** What is copied of the services of which only the contract is needed. */
  readonly contractPaths: readonly string[]
  /** Where it listens: for clients (only the gateway), and for other processes. */
  readonly ports: { readonly PORT: number; readonly INTERNAL_PORT: number }
  /** Whether it may keep files, because it hosts a service that has a database. */
  readonly keepsData: boolean
}

const publicPort = 8000

/** Every service that has a program of its own, and the program that runs all of them together with the command line. */
export function findImagePrograms(root: string): ImageProgram[] {
  const workspaces = readWorkspaces(root)
  const has = (...parts: string[]) => existsSync(path.join(root, ...parts))
  const services = workspaces.filter((workspace) => isService(workspace) && has(workspace.folder, 'main.ts'))
  const keepsData = ({ folder }: Workspace) => has(folder, 'infrastructure', 'migrations')
  const closed = (roots: readonly string[]) => {
    const closure = closureOf(workspaces, roots)
    const paths = closure.contractOnly.flatMap(({ folder }) => [`${folder}/contract.ts`, `${folder}/contract`])
    return { roots, closure, contractPaths: paths.filter((file) => has(file)) }
  }
  const alone = services.map((workspace): ImageProgram => {
    const name = path.basename(workspace.folder)
    const internal = defaultInternalPort(contracts, name)
    return {
      name,
      description: `The ${name} service of Parley`,
      folder: workspace.folder,
      ...closed([workspace.name]),
      // Only the gateway listens for clients; the others take PORT for what other processes reach.
      ports: { PORT: name === 'gateway' ? publicPort : internal, INTERNAL_PORT: internal },
      keepsData: keepsData(workspace),
    }
  })
  return [
    ...alone,
    {
      name: 'all-in-one',
      description: 'All services of Parley in one program, and its command line',
      folder: 'apps/all-in-one',
      ...closed(['@parley/all-in-one', '@parley/cli']),
      ports: { PORT: publicPort, INTERNAL_PORT: severalServicesPort },
      keepsData: services.some(keepsData),
    },
  ]
}

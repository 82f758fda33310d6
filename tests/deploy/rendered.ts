import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const kubernetesFolder = path.join(root, 'deploy', 'kubernetes')
export const composeFolder = path.join(root, 'deploy', 'compose')
export const overlays = ['all-in-one', 'split', 'grouped', 'production'] as const

/** An object as Kubernetes knows it; what is below `spec` is for whoever looks at it to know. */
export interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  // biome-ignore lint/suspicious/noExplicitAny: read by tests, which say what they expect to be there
  readonly spec: any
}

/** Every object of an overlay's own files. */
export function readOverlay(name: string): Manifest[] {
  const folder = path.join(kubernetesFolder, 'overlays', name)
  const { resources } = parse(readFileSync(path.join(folder, 'kustomization.yaml'), 'utf8')) as { resources: string[] }
  return resources
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Manifest)
}

// biome-ignore lint/suspicious/noExplicitAny: as above
export function readCompose(name: string): { services: Record<string, any>; [key: string]: any } {
  return parse(readFileSync(path.join(composeFolder, `${name}.yaml`), 'utf8'))
}

import type { Node } from '../yaml-text.ts'

export const namespace = 'parley'
/** Where whatever reads metrics and takes traces runs. */
export const monitoringNamespace = 'monitoring'
export const settingsName = 'parley-settings'
export const configName = 'parley-config'
export const containerName = 'parley'

/** What a pod can be asked for by policies, patches and components, besides its process. */
export const traits = {
  store: 'parley.dev/store',
  events: 'parley.dev/events',
  providers: 'parley.dev/providers',
  metrics: 'parley.dev/metrics',
} as const

const partOf = { 'app.kubernetes.io/name': 'parley' }

/** Finds the pods of one process. */
export function selectorOf(process: string): Node {
  return { ...partOf, 'app.kubernetes.io/component': process }
}

/** Finds every pod of the system. */
export const anyProcess: Node = partOf

export function labelsOf(process: string, version: string): Node {
  return { ...selectorOf(process), 'app.kubernetes.io/part-of': 'parley', 'app.kubernetes.io/version': version }
}

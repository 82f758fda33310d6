import type { Files } from '../files.ts'
import type { DeploymentPlan } from '../plan.ts'
import { settingsText } from '../settings-text.ts'
import { type Node, yamlText } from '../yaml-text.ts'
import { baseKustomization, baseResources, emptyConfigFile } from './base.ts'
import { componentFiles } from './components.ts'
import { migrateJob } from './migrate-job.ts'
import { adapterRules, serviceMonitor } from './monitoring.ts'
import { namespace, settingsName } from './names.ts'
import { policyOf } from './network-policies.ts'
import { autoscalerOf, disruptionBudgetOf } from './scaling.ts'
import { servicesOf } from './services.ts'
import { workloadOf } from './workload.ts'

const generated =
  'Written by `npm run parley -- deploy kubernetes` from the definitions of the services; `npm run check` compares.'

/** What every overlay stands on, and the components that it may name. */
export function renderKubernetesShared(shared: Readonly<Record<string, string>>): Files {
  const resources = baseResources()
  return {
    'base/kustomization.yaml': yamlText(generated, [baseKustomization(Object.keys(resources))]),
    ...inFolder('base', resources),
    'base/settings.env': settingsText(generated, shared),
    'base/parley.config.json': emptyConfigFile,
    ...Object.assign(
      {},
      ...Object.entries(componentFiles()).map(([name, files]) => inFolder(`components/${name}`, files)),
    ),
    'prometheus-adapter-values.yaml': yamlText(
      `${generated}\nValues for the chart of prometheus-adapter: the metrics that the autoscaler of overlays/production asks for.`,
      [adapterRules()],
    ),
  }
}

/** One overlay: a file for each process, and what belongs to all of them. */
export function renderKubernetesOverlay(plan: DeploymentPlan, settings: Readonly<Record<string, string>>): Files {
  const { isScaled } = plan.topology
  const documents: Record<string, readonly Node[]> = {}
  for (const process of plan.processes) {
    documents[`${process.name}.yaml`] = [
      ...servicesOf(process, plan.version),
      workloadOf(process, plan),
      policyOf(process, plan),
      ...(isScaled ? [autoscalerOf(process, plan), disruptionBudgetOf(process, plan)] : []),
    ]
  }
  if (plan.store === 'postgres') documents['migrate.yaml'] = migrateJob(plan)
  const portName = plan.processes.length === 1 ? 'http' : 'internal'
  if (isScaled) documents['service-monitor.yaml'] = [serviceMonitor(portName)]
  const kustomization: Node = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: ['../../base', ...Object.keys(documents)],
    ...(Object.keys(settings).length > 0 && {
      configMapGenerator: [{ name: settingsName, behavior: 'merge', envs: ['settings.env'] }],
    }),
  }
  return {
    'kustomization.yaml': yamlText(`${generated}\n\n${explain(plan)}`, [kustomization]),
    ...inFolder('', documents),
    ...(Object.keys(settings).length > 0 && { 'settings.env': settingsText(generated, settings) }),
  }
}

/** For people who open the overlay: who shares a process, and which Secrets must be there. */
function explain({ processes, topology, store }: DeploymentPlan): string {
  const secrets = processes.flatMap(({ variables }) =>
    variables.flatMap((variable) => ('secret' in variable ? [`${variable.secret.name} (${variable.secret.key})`] : [])),
  )
  return [
    'Processes, and the services in each:',
    ...processes.map(({ name, services }) => `  ${name}: ${services.map((service) => service.name).join(', ')}`),
    `Events: ${topology.events}. Data: ${store === 'sqlite' ? 'SQLite on a volume of the pod' : 'PostgreSQL'}.`,
    'Secrets that must be there, with their keys:',
    ...[...new Set(secrets)].map((secret) => `  ${secret}`),
  ].join('\n')
}

function inFolder(folder: string, files: Readonly<Record<string, readonly Node[]>>): Files {
  const prefix = folder === '' ? '' : `${folder}/`
  return Object.fromEntries(
    Object.entries(files).map(([name, documents]) => [`${prefix}${name}`, yamlText(generated, documents)]),
  )
}

import { kafkaBrokers } from './compose/infrastructure.ts'
import { renderCompose, renderComposeShared } from './compose/render.ts'
import type { Files } from './files.ts'
import { renderKubernetesOverlay, renderKubernetesShared } from './kubernetes/render.ts'
import { type DeploymentPlan, planDeployment } from './plan.ts'
import { everywhere, settingsOf } from './shared-settings.ts'
import { type DeployedService, describeSystem } from './system.ts'
import type { StoreKind } from './topology.ts'
import { type DeployedTopology, parseTopology } from './topology.ts'
import { verifyPlan } from './verify-plan.ts'

export type Platform = 'compose' | 'kubernetes'

/** The topologies whose files belong to the repository. */
const kept = {
  compose: ['all-in-one', 'split'],
  kubernetes: ['all-in-one', 'split', 'grouped', 'production'],
} as const

/** Folders that nothing else may write to. */
export const ownedPlaces: Readonly<Record<Platform, readonly string[]>> = {
  compose: [],
  kubernetes: ['base', 'components', ...kept.kubernetes.map((name) => `overlays/${name}`)],
}

const clusterBrokers = 'kafka.kafka:9092'

export interface RenderOptions {
  readonly platform: Platform
  /** Null for all that are kept in the repository. */
  readonly topology: string | null
  readonly version: string
  readonly system?: readonly DeployedService[]
}

/** The files of a deployment. Throws ConfigError when the topology is none, or a process of it would refuse to start. */
export function renderDeployments({ platform, topology, version, system = describeSystem() }: RenderOptions): Files {
  const names = topology === null ? kept[platform] : [topology]
  const shared = platform === 'compose' ? renderComposeShared(system) : renderKubernetesShared(everywhere)
  return Object.assign({}, shared, ...names.map((name) => render({ platform, name, version, system })))
}

/** The processes of a topology on a platform, and the settings that they share. */
export function planOf(
  platform: Platform,
  name: string,
  { version, system }: { version: string; system: readonly DeployedService[] },
): { plan: DeploymentPlan; settings: Readonly<Record<string, string>> } {
  const topology = onPlatform(platform, parseTopology(name, system))
  const brokers = platform === 'compose' ? kafkaBrokers : clusterBrokers
  const settings = settingsOf(topology, brokers)
  const store: StoreKind = platform === 'kubernetes' && topology.groups.length === 1 ? 'sqlite' : 'postgres'
  const shared = { ...everywhere, ...settings }
  const plan = planDeployment({ topology, store, system, version, shared })
  verifyPlan(plan, system, shared)
  return { plan, settings }
}

function render(options: {
  platform: Platform
  name: string
  version: string
  system: readonly DeployedService[]
}): Files {
  const { platform, name, system } = options
  const { plan, settings } = planOf(platform, name, options)
  if (platform === 'compose') return renderCompose(plan, system, { ...everywhere, ...settings })
  const folder = `overlays/${plan.topology.name}`
  const files = Object.entries(renderKubernetesOverlay(plan, settings))
  return Object.fromEntries(files.map(([file, text]) => [`${folder}/${file}`, text]))
}

/** On one machine nothing is scaled, and whatever is split shows events through Kafka. */
function onPlatform(platform: Platform, topology: DeployedTopology): DeployedTopology {
  if (platform === 'kubernetes') return topology
  return { ...topology, isScaled: false, events: topology.groups.length === 1 ? 'direct' : 'kafka' }
}

import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { type ServiceName, serviceNames } from '../../harness/system.ts'

export type { ServiceName }
export { serviceNames }

/**
 * `replicated` is `split` with a second process that runs responses on the same database, and `pair` is
 * `extract:response` with one.
 */
export type ChaosTopology = 'one' | 'split' | 'replicated' | 'pair' | `extract:${ServiceName}`

export const chaosTopologies: readonly ChaosTopology[] = [
  'one',
  'split',
  'replicated',
  ...serviceNames.map((name): ChaosTopology => `extract:${name}`),
]

/** One process of a topology. */
export interface PlannedProcess {
  readonly name: string
  readonly main: string
  readonly services: readonly ServiceName[]
  /** Null when nothing calls it from outside. */
  readonly internalPort: number | null
  readonly publicPort: number | null
  readonly env: Readonly<Record<string, string>>
}

export interface TopologyPlan {
  readonly processes: readonly PlannedProcess[]
  /** Where clients go. */
  readonly publicPort: number
}

interface Group {
  readonly name: string
  readonly main: string
  readonly services: readonly ServiceName[]
}

/** A process that nobody calls: it takes work from the database that it shares. */
export const secondResponse = 'response-2'

/** Ports that a topology needs in a row. */
export const portsPerTopology = 16

/**
 * Who runs what, where. Calls between processes go to `proxyPortOf` the process called, so that the way between the two
 * can be broken.
 */
export function planTopology(
  topology: ChaosTopology,
  { basePort, proxyPortOf }: { basePort: number; proxyPortOf: (process: string) => number },
): TopologyPlan {
  const groups = groupsOf(topology)
  const processes = groups.map((group, index): PlannedProcess => {
    const internalPort = groups.length === 1 ? null : basePort + 1 + index
    const publicPort = group.services.includes('gateway') ? basePort : null
    const others = groups.filter((other) => other.services.every((service) => !group.services.includes(service)))
    const urls = others.flatMap((other) =>
      other.services.map((service): [string, string] => [
        urlVariable(service),
        `http://127.0.0.1:${proxyPortOf(primaryOf(groups, service))}`,
      ]),
    )
    return {
      ...group,
      internalPort,
      publicPort,
      env: {
        SERVICES: group.services.join(),
        ...(publicPort !== null && { PORT: String(publicPort) }),
        ...(internalPort !== null && {
          INTERNAL_PORT: String(internalPort),
          ADVERTISED_URL: `http://127.0.0.1:${internalPort}`,
        }),
        ...Object.fromEntries(urls),
      },
    }
  })
  return { processes, publicPort: basePort }
}

/** The processes of a topology by name, as faults aim at them. */
export function processNames(topology: ChaosTopology): string[] {
  return groupsOf(topology).map(({ name }) => name)
}

/** The process that runs a service and is called for it. */
export function processOf(topology: ChaosTopology, service: ServiceName): string {
  return primaryOf(groupsOf(topology), service)
}

/** Its death is the death of nothing else. */
export function hasOwnProcess(topology: ChaosTopology, service: ServiceName): boolean {
  return primaryOf(groupsOf(topology), service) === service
}

/** The process that is called for a service when several run it. */
function primaryOf(groups: readonly Group[], service: ServiceName): string {
  const found = groups.find(({ services }) => services.includes(service))
  if (found === undefined) throw new Error(`nothing runs ${service}`)
  return found.name
}

function groupsOf(topology: ChaosTopology): Group[] {
  const all = 'apps/all-in-one/main.ts'
  const alone = (name: ServiceName): Group => ({ name, main: `services/${name}/main.ts`, services: [name] })
  if (topology === 'one') return [{ name: 'all', main: all, services: serviceNames }]
  if (topology === 'split') return serviceNames.map(alone)
  const second = { ...alone('response'), name: secondResponse }
  if (topology === 'replicated') return [...serviceNames.map(alone), second]
  if (topology === 'pair') return [...groupsOf('extract:response'), second]
  const extracted = serviceNames.find((name) => topology === `extract:${name}`)
  if (extracted === undefined) throw new Error(`there is no topology ${topology}`)
  const rest = serviceNames.filter((name) => name !== extracted)
  return [{ name: 'rest', main: all, services: rest }, alone(extracted)]
}

export function isTopology(text: string): text is ChaosTopology {
  return chaosTopologies.some((known) => known === text)
}

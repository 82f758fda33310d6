import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { stronglyConnected } from './graph.ts'
import { type Port, type ProcessPorts, portsOf } from './process-ports.ts'
import { type DeployedService, unique } from './system.ts'
import type { DeployedTopology, StoreKind } from './topology.ts'
import { placementVariable, secretVariables, type Variable } from './variables.ts'

/** One process of a deployment, whatever runs it. */
export interface PlannedProcess {
  /** Of its service, or of all of them joined. */
  readonly name: string
  readonly services: readonly DeployedService[]
  readonly image: string
  /** Where clients reach it; null when the gateway does not run here. */
  readonly publicPort: Port | null
  /** Where other processes reach it; null when there are none. */
  readonly internalPort: Port | null
  readonly variables: readonly Variable[]
  /** The processes that it calls or sends events to; itself too, when its instances call each other. */
  readonly reaches: readonly string[]
  /** The ones that it needs before it is ready, and that do not need it themselves. */
  readonly waitsFor: readonly string[]
  /** Whether it and another one wait for each other: each must be reached before it is ready. */
  readonly waitsMutually: boolean
  readonly hasStore: boolean
  readonly hasEvents: boolean
  readonly callsSiblings: boolean
  readonly callsProviders: boolean
}

export interface DeploymentPlan {
  readonly topology: DeployedTopology
  readonly store: StoreKind
  readonly version: string
  readonly processes: readonly PlannedProcess[]
}

export interface PlanInput {
  readonly topology: DeployedTopology
  readonly store: StoreKind
  readonly system: readonly DeployedService[]
  readonly version: string
  /** What every process is told besides its own. */
  readonly shared: Readonly<Record<string, string>>
}

interface Group {
  readonly name: string
  readonly members: readonly DeployedService[]
  readonly ports: ProcessPorts
  /** The services that its members call, or send events to. */
  readonly contacts: readonly string[]
}

/** Turns a topology into processes: ports, variables and who reaches whom, all read from the services' definitions. */
export function planDeployment(input: PlanInput): DeploymentPlan {
  const { topology, store, version } = input
  const groups = topology.groups.map((names) => groupOf(names, input))
  const isSplit = groups.length > 1
  const reachedBy = (group: Group) => reachesOf(group, groups)
  const knots = stronglyConnected(
    groups.map(({ name }) => name),
    (name) => groups.flatMap((group) => (group.name === name ? reachedBy(group) : [])),
  )
  const processes = groups.map((group): PlannedProcess => {
    const { name, members, ports } = group
    const knot = knots.find((names) => names.includes(name)) ?? [name]
    const callsSiblings = isSplit && members.some((service) => service.callsSiblings)
    return {
      name,
      services: members,
      image: members.length === 1 ? `parley/${name}` : 'parley/all-in-one',
      ...ports,
      variables: [
        placementVariable(members, input.system),
        ...addressVariables(group, groups),
        ...secretVariables(members, { isSplit, store }),
      ],
      reaches: callsSiblings ? [...reachedBy(group), name] : reachedBy(group),
      waitsFor: reachedBy(group).filter((other) => !knot.includes(other)),
      waitsMutually: knot.length > 1,
      hasStore: members.some(({ hasStore }) => hasStore),
      hasEvents: members.some(({ hasEvents }) => hasEvents),
      callsSiblings,
      callsProviders: members.some(({ callsProviders }) => callsProviders),
    }
  })
  return { topology, store, version, processes }
}

function groupOf(names: readonly string[], { system, topology, shared }: PlanInput): Group {
  const members = names.flatMap((name) => system.filter((service) => service.name === name))
  const contacts = members.flatMap(({ calls, sendsTo }) => [...calls, ...(topology.events === 'direct' ? sendsTo : [])])
  return {
    name: names.length === system.length ? 'all-in-one' : names.join('-'),
    members,
    ports: portsOf(members, system, shared),
    contacts: system.map(({ name }) => name).filter((name) => contacts.includes(name) && !names.includes(name)),
  }
}

function hostOf(service: string, groups: readonly Group[]): Group | undefined {
  return groups.find(({ members }) => members.some(({ name }) => name === service))
}

/** The other processes that a process calls or sends events to. */
function reachesOf({ contacts }: Group, groups: readonly Group[]): string[] {
  return unique(contacts.flatMap((service) => hostOf(service, groups)?.name ?? []))
}

/** Where the services in other processes are found, all instances of each. */
function addressVariables({ contacts }: Group, groups: readonly Group[]): Variable[] {
  return contacts.flatMap((service) => {
    const port = hostOf(service, groups)?.ports.internalPort
    return port === null || port === undefined
      ? []
      : [{ name: urlVariable(service), value: `dns://${service}:${port.number}` }]
  })
}

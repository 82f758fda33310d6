import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import type { DeployedService } from './system.ts'

/** Which services share a process, and what they stand on. */
export interface DeployedTopology {
  /** Also the name of its folder or file. */
  readonly name: string
  /** The services of each process. */
  readonly groups: readonly (readonly string[])[]
  readonly events: 'direct' | 'kafka'
  /** Whether each process has several instances, which are added and taken away by load. */
  readonly isScaled: boolean
}

/** Only a single process may keep its data in files. */
export type StoreKind = 'sqlite' | 'postgres'

const separators = { group: ';', service: '+' }

/** Topologies that are known by name; anything else is a list of groups: `gateway;session;request+response;gpt`. */
export const namedTopologies = ['all-in-one', 'split', 'grouped', 'production'] as const

/** Throws ConfigError when a service is missing, named twice or unknown. */
export function parseTopology(text: string, system: readonly DeployedService[]): DeployedTopology {
  const names = system.map(({ name }) => name)
  const split = names.map((name) => [name])
  if (text === 'all-in-one') return { name: text, groups: [names], events: 'direct', isScaled: false }
  if (text === 'split') return { name: text, groups: split, events: 'direct', isScaled: false }
  if (text === 'production') return { name: text, groups: split, events: 'kafka', isScaled: true }
  if (text === 'grouped') return { name: text, groups: groupByStore(system), events: 'direct', isScaled: false }
  return { name: 'custom', groups: parseGroups(text, names), events: 'direct', isScaled: false }
}

/** The door and the way to the providers by themselves; all that keep something share a process. */
function groupByStore(system: readonly DeployedService[]): string[][] {
  const isAlone = ({ hasStore, callsProviders, name }: DeployedService) =>
    name === 'gateway' || callsProviders || !hasStore
  const together = system.filter((service) => !isAlone(service)).map(({ name }) => name)
  const alone = system.filter(isAlone).map(({ name }) => [name])
  return [...alone.slice(0, 1), together, ...alone.slice(1)]
}

function parseGroups(text: string, names: readonly string[]): string[][] {
  const groups = text.split(separators.group).map((group) => group.split(separators.service).map((name) => name.trim()))
  const given = groups.flat()
  const problems = [
    ...given.filter((name) => !names.includes(name)).map((name) => `--topology: there is no service '${name}'`),
    ...names.filter((name) => !given.includes(name)).map((name) => `--topology: ${name} is missing`),
    ...names
      .filter((name) => given.filter((other) => other === name).length > 1)
      .map((name) => `--topology: ${name} is named twice`),
  ]
  if (problems.length > 0) {
    const known = `use ${namedTopologies.join(', ')}, or groups such as 'gateway;session;request+response;gpt'`
    throw new ConfigError([...problems, known])
  }
  return groups
}

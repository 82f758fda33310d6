import type { EnvReader } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import type { ServiceAddress } from '../discovery/service-address.ts'
import { servicesSetting, serviceUrlSetting, urlVariable } from './placement-settings.ts'

export type Placement =
  | { readonly service: string; readonly placement: 'local' }
  | { readonly service: string; readonly placement: 'remote'; readonly address: ServiceAddress }
  /** Neither hosted nor needed by anything that is hosted. */
  | { readonly service: string; readonly placement: 'elsewhere' }

export interface PlacementInput {
  /** Every contract of the system, in the order in which they are shown. */
  contracts: readonly Contract[]
  /** The contracts that each service calls, by the caller's name. */
  needs: Readonly<Record<string, readonly Contract[]>>
  /** Services that `all` leaves out because the system runs without them. */
  optional: readonly string[]
  /** Whether a publisher hands its events to the subscribers itself. */
  sendsEvents: boolean
}

/**
 * Where every service runs as seen from this process, from `SERVICES` and `<NAME>_SERVICE_URL`:
 *
 *   hosted, no URL → local · not hosted, URL → remote · not hosted, no URL, but needed → refused · both → refused
 *
 * Problems go to the reader, each naming the variable to set.
 */
export function resolvePlacement(env: EnvReader, input: PlacementInput): Placement[] {
  const hosted = hostedServices(env, input)
  const needed = neededServices(hosted, input)
  return input.contracts.map(({ name }): Placement => {
    const variable = urlVariable(name)
    const address = env.read(serviceUrlSetting(name))
    if (hosted.has(name)) {
      if (address !== null) {
        env.problem(
          `${variable} is set, but SERVICES says that ${name} runs here: take ${name} out of SERVICES, or unset ${variable}`,
        )
      }
      return { service: name, placement: 'local' }
    }
    if (address !== null) return { service: name, placement: 'remote', address }
    const reasons = needed.get(name)
    if (reasons !== undefined) {
      env.problem(
        `${variable} is missing: ${name} does not run here and ${reasons.join(' and ')}. Set it to where ${name} runs (http://host:port, or dns://, dns+srv:// or consul:// for several instances), or add ${name} to SERVICES`,
      )
    }
    return { service: name, placement: 'elsewhere' }
  })
}

/** Subscribers of the events that `contract` publishes, by the name of their service. */
export function subscribersOf(contracts: readonly Contract[], type: string): string[] {
  return contracts.filter(({ subscribes }) => subscribes.includes(type)).map(({ name }) => name)
}

function hostedServices(env: EnvReader, { contracts, optional }: PlacementInput): ReadonlySet<string> {
  const known = contracts.map(({ name }) => name)
  const text = env.read(servicesSetting) ?? 'all'
  if (text === 'all') return new Set(known.filter((name) => !optional.includes(name)))
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    env.problem(`SERVICES names what is no service: ${unknown.join(', ')}. Use all, or some of: ${known.join(',')}`)
  }
  return new Set(names)
}

/** Why each service is needed by the hosted ones, in words. */
function neededServices(hosted: ReadonlySet<string>, input: PlacementInput): Map<string, string[]> {
  const { contracts, needs, sendsEvents } = input
  const reasons = new Map<string, string[]>()
  const add = (service: string, reason: string) => reasons.set(service, [...(reasons.get(service) ?? []), reason])
  for (const contract of contracts.filter(({ name }) => hosted.has(name))) {
    for (const callee of needs[contract.name] ?? []) add(callee.name, `${contract.name} calls it`)
    for (const { type } of sendsEvents ? Object.values(contract.events) : []) {
      for (const subscriber of subscribersOf(contracts, type)) add(subscriber, `${contract.name} sends it ${type}`)
    }
  }
  return reasons
}

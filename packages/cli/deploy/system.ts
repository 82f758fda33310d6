import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { subscribersOf } from '@parley/chassis/placement/resolve-placement.ts'
import type { AnyService } from '@parley/chassis/runtime/define-service.ts'

/** The one service that clients reach. */
export const publicService = 'gateway'

/** What a deployment has to know of a service, read from its definition and its contract. */
export interface DeployedService {
  readonly name: string
  readonly definition: AnyService
  /** The services that it calls. */
  readonly calls: readonly string[]
  /** The services that handle its events. */
  readonly sendsTo: readonly string[]
  /** Whether it keeps a database. */
  readonly hasStore: boolean
  /** Whether it publishes or handles events. */
  readonly hasEvents: boolean
  /** Whether its instances call each other. */
  readonly callsSiblings: boolean
  /** Whether it calls providers, which are outside of the system. */
  readonly callsProviders: boolean
}

/** Every service of the system, in the order of the catalog. */
export function describeSystem(
  definitions: readonly AnyService[] = services,
  known: readonly Contract[] = contracts,
): DeployedService[] {
  return known.flatMap((contract) => {
    const definition = definitions.find((service) => service.contract.name === contract.name)
    return definition === undefined ? [] : [describeService(definition, known)]
  })
}

function describeService(definition: AnyService, known: readonly Contract[]): DeployedService {
  const contract = definition.contract as Contract
  const needs = Object.values(definition.needs) as Contract[]
  const types = Object.values(contract.events).map(({ type }) => type)
  const reaches = definition.reaches ?? []
  return {
    name: contract.name,
    definition,
    calls: unique(needs.map(({ name }) => name)),
    sendsTo: unique(types.flatMap((type) => subscribersOf(known, type))),
    hasStore: definition.migrations !== null,
    hasEvents: types.length > 0 || contract.subscribes.length > 0,
    callsSiblings: reaches.includes('siblings'),
    callsProviders: reaches.includes('providers'),
  }
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

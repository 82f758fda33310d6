import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { type ContractDescriptor, describeContract } from '@parley/chassis/contract/descriptor.ts'

/** What one version of a service promises to others and expects of them: as plain data, for versions to be compared. */
export interface ServiceRecord {
  readonly service: string
  readonly version: string
  /** The hash of its own contract. */
  readonly offers: string
  /** The hashes of the contracts that it calls, as it knows them, by the name of their service. */
  readonly calls: Readonly<Record<string, string>>
  /** The schemas of the events that it subscribes to, as it knows them, by type. */
  readonly reads: Readonly<Record<string, unknown>>
}

/** What runs somewhere, or what is to run there. */
export interface DeployedContracts {
  readonly services: readonly ServiceRecord[]
  /** Every contract that is named by its hash, once. */
  readonly contracts: Readonly<Record<string, ContractDescriptor>>
}

/** A service as its definition has it. */
export interface DefinedService {
  readonly contract: Contract
  readonly needs: Readonly<Record<string, Contract>>
}

/** The record of all services of this checkout. */
export function recordContracts(services: readonly DefinedService[], version: string): DeployedContracts {
  const known = services.map(({ contract }) => describeContract(contract))
  const schemas = Object.assign({}, ...known.map(({ events }) => events)) as Record<string, unknown>
  const records = services.map(({ contract, needs }): ServiceRecord => {
    const needed = Object.values(needs).map(describeContract)
    return {
      service: contract.name,
      version,
      offers: describeContract(contract).hash,
      calls: Object.fromEntries(needed.map(({ name, hash }) => [name, hash])),
      reads: Object.fromEntries(contract.subscribes.map((type) => [type, schemas[type]])),
    }
  })
  return { services: records, contracts: Object.fromEntries(known.map((descriptor) => [descriptor.hash, descriptor])) }
}

/** What runs once some services of `deployed` have been replaced by, or joined by, those of `candidate`. */
export function replaceServices(
  deployed: DeployedContracts,
  candidate: DeployedContracts,
  names: readonly string[],
): DeployedContracts {
  const stay = deployed.services.filter(({ service }) => !names.includes(service))
  const come = candidate.services.filter(({ service }) => names.includes(service))
  return { services: [...stay, ...come], contracts: { ...deployed.contracts, ...candidate.contracts } }
}

import { breakingDifferences, type ContractDescriptor } from '@parley/chassis/contract/descriptor.ts'
import { schemaDifferences } from '@parley/chassis/contract/schema-differences.ts'
import type { DeployedContracts, ServiceRecord } from './deployed-contracts.ts'

/**
 * Why `candidate` versions of the services named cannot be put beside what is deployed, in words; none means that they
 * can. While versions are exchanged, old and new run side by side: each new one is compared with every old one, as a
 * consumer and as a provider, by the same rules by which processes compare their contracts when they connect.
 */
export function deploymentProblems(
  deployed: DeployedContracts,
  candidate: DeployedContracts,
  names: readonly string[],
): string[] {
  const come = candidate.services.filter(({ service }) => names.includes(service))
  const unknown = names.filter((name) => !come.some(({ service }) => service === name))
  return [
    ...unknown.map((name) => `there is no candidate of ${name}`),
    ...come.flatMap((record) => [
      ...missingProviders(record, [...deployed.services, ...come]),
      ...deployed.services.flatMap((other) => [
        ...callProblems({ record, of: candidate }, { record: other, of: deployed }),
        ...callProblems({ record: other, of: deployed }, { record, of: candidate }),
        ...eventProblems({ record, of: candidate }, { record: other, of: deployed }),
        ...eventProblems({ record: other, of: deployed }, { record, of: candidate }),
      ]),
    ]),
  ]
}

interface Side {
  readonly record: ServiceRecord
  readonly of: DeployedContracts
}

function missingProviders({ service, version, calls }: ServiceRecord, present: readonly ServiceRecord[]): string[] {
  return Object.keys(calls)
    .filter((name) => !present.some((other) => other.service === name))
    .map((name) => `${service} ${version} calls ${name}, which is not deployed`)
}

function callProblems(consumer: Side, provider: Side): string[] {
  const expected = consumer.record.calls[provider.record.service]
  if (expected === undefined) return []
  const differences = breakingDifferences(find(consumer.of, expected), find(provider.of, provider.record.offers))
  return differences.map((difference) => `${nameOf(consumer)} cannot call ${nameOf(provider)}: ${difference}`)
}

function eventProblems(subscriber: Side, publisher: Side): string[] {
  const { events } = find(publisher.of, publisher.record.offers)
  return Object.entries(subscriber.record.reads).flatMap(([type, read]) => {
    const written = events[type]
    if (written === undefined) return []
    const differences = schemaDifferences(written, read, type)
    return differences.map(
      (difference) => `${nameOf(subscriber)} cannot read what ${nameOf(publisher)} publishes: ${difference}`,
    )
  })
}

function find({ contracts }: DeployedContracts, hash: string): ContractDescriptor {
  const descriptor = contracts[hash]
  if (descriptor === undefined) throw new Error(`the record names the contract ${hash}, which is not in it`)
  return descriptor
}

function nameOf({ record: { service, version } }: Side): string {
  return `${service} ${version}`
}

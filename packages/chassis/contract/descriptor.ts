import { createHash } from 'node:crypto'
import type { AnyCall, Contract } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { schemaDifferences } from './schema-differences.ts'

/** A contract as plain data: what two processes show each other before they talk. */
export interface ContractDescriptor {
  name: string
  version: string
  /** SHA-256 over everything else: equal hashes need no comparison. */
  hash: string
  calls: Record<string, CallDescriptor>
  events: Record<string, unknown>
}

interface CallDescriptor {
  http: string
  in: unknown
  out: unknown
  streams: boolean
}

const descriptors = new WeakMap<Contract, ContractDescriptor>()

export function describeContract(contract: Contract): ContractDescriptor {
  let descriptor = descriptors.get(contract)
  if (descriptor === undefined) {
    const { name, version } = contract
    const calls = Object.fromEntries(Object.entries(contract.calls).map(([key, value]) => [key, describeCall(value)]))
    const events = Object.fromEntries(Object.values(contract.events).map((event) => [event.type, plain(event.data)]))
    const hash = createHash('sha256').update(JSON.stringify({ name, version, calls, events })).digest('hex')
    descriptor = { name, version, hash, calls, events }
    descriptors.set(contract, descriptor)
  }
  return descriptor
}

/**
 * Why a consumer built against `mine` cannot talk to a provider that offers `theirs`, in words; none means that it can.
 * Additions on the provider's side break nothing.
 */
export function breakingDifferences(mine: ContractDescriptor, theirs: ContractDescriptor): string[] {
  if (mine.hash === theirs.hash) return []
  if (mine.name !== theirs.name) return [`it is the ${theirs.name} service, not ${mine.name}`]
  if (major(mine) !== major(theirs)) return [`it speaks version ${theirs.version}, this process ${mine.version}`]
  return Object.entries(mine.calls).flatMap(([name, call]) => {
    const other = theirs.calls[name]
    if (other === undefined) return [`it has no call ${name}`]
    if (other.http !== call.http || other.streams !== call.streams) return [`${name} is reached as ${other.http}`]
    return [
      ...schemaDifferences(call.in, other.in, `the input of ${name}`),
      ...schemaDifferences(other.out, call.out, `the answer of ${name}`),
    ]
  })
}

function describeCall(definition: AnyCall): CallDescriptor {
  const streams = isStream(definition)
  return {
    http: definition.http,
    in: plain(definition.in),
    out: plain(isStream(definition) ? definition.frames : definition.out),
    streams,
  }
}

function major({ version }: ContractDescriptor): string {
  return version.split('.')[0] ?? ''
}

function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema))
}

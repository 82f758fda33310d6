import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { loadProcessConfig } from '@parley/chassis/runtime/process-config.ts'
import type { DeployedService } from './system.ts'

export interface Port {
  readonly number: number
  /** The variable that sets it. */
  readonly variable: string
}

export interface ProcessPorts {
  readonly publicPort: Port | null
  readonly internalPort: Port | null
}

/** Where a process listens unless it is told otherwise: what its own configuration makes of its placement. */
export function portsOf(
  members: readonly DeployedService[],
  system: readonly DeployedService[],
  shared: Readonly<Record<string, string>>,
): ProcessPorts {
  const here = members.map(({ name }) => name)
  const elsewhere = system.map(({ name }) => name).filter((name) => !here.includes(name))
  const env = new EnvReader({
    ...shared,
    ...Object.fromEntries(elsewhere.map((name) => [urlVariable(name), 'http://elsewhere'])),
    SERVICES: elsewhere.length === 0 ? 'all' : here.join(','),
    PARLEY_INTERNAL_SECRET: '-'.repeat(64),
  })
  const services = members.map(({ definition }) => definition)
  const contracts = system.map(({ definition }) => definition.contract as Contract)
  const { publicPort, internalPort } = loadProcessConfig({ env, services, contracts, isTerminal: false })
  env.throwIfProblems()
  return {
    publicPort: publicPort === null ? null : { number: publicPort, variable: 'PORT' },
    internalPort: internalPort === null ? null : { number: internalPort, variable: 'INTERNAL_PORT' },
  }
}

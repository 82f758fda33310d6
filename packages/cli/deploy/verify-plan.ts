import { ConfigError, EnvReader, type FoundSetting } from '@parley/chassis/config/env-reader.ts'
import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { loadProcessConfig } from '@parley/chassis/runtime/process-config.ts'
import type { DeploymentPlan, PlannedProcess } from './plan.ts'
import type { DeployedService } from './system.ts'

/**
 * Reads what each process is told as the process itself would. Throws ConfigError when one of them would refuse to start.
 * Resolves to every setting that the process reads, by its name.
 */
export function verifyProcess(
  process: PlannedProcess,
  system: readonly DeployedService[],
  settings: Readonly<Record<string, string>>,
): ReadonlyMap<string, FoundSetting> {
  const variables = process.variables.map((variable) =>
    'secret' in variable ? [`${variable.name}_FILE`, variable.name] : [variable.name, variable.value],
  )
  const env = new EnvReader({ ...settings, ...Object.fromEntries(variables) }, {}, { readSecretFile: standInSecret })
  loadProcessConfig({
    env,
    services: process.services.map(({ definition }) => definition),
    contracts: system.map(({ definition }) => definition.contract as Contract),
    isTerminal: false,
  })
  for (const { definition } of process.services) definition.loadConfig(env)
  const values = process.variables.filter((variable) => 'value' in variable)
  const unread = values.filter(({ name }) => !env.found.has(name)).map(({ name }) => name)
  const problems = [...env.problems, ...unread.map((name) => `${name} is set, and nothing reads it`)]
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${process.name}: ${problem}`))
  return env.found
}

export function verifyPlan(
  plan: DeploymentPlan,
  system: readonly DeployedService[],
  settings: Readonly<Record<string, string>>,
): void {
  for (const process of plan.processes) verifyProcess(process, system, settings)
}

/** A value that every secret of this kind could have; the real ones are not known here. */
function standInSecret(variable: string): { readonly text: string } {
  return { text: variable.endsWith('_DATABASE_URL') ? 'postgres://service@postgres/parley' : 'x'.repeat(64) }
}

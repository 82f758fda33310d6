import { commandSettings } from '../config/command-settings.ts'
import type { Env, EnvReader } from '../config/env-reader.ts'
import { type NameRules, type UnknownName, unknownNames, variablesOf } from '../config/unknown-names.ts'
import type { Contract } from '../contract/define-contract.ts'
import { serviceUrlSetting, variablePrefix } from '../placement/placement-settings.ts'
import type { AnyService } from './define-service.ts'
import { describeConfig } from './describe-config.ts'
import { serviceDatabaseUrlSetting, storeSettings } from './process-settings.ts'

export interface UnknownSetting extends UnknownName {
  /** The environment, or the name of the configuration file. */
  readonly where: string
}

export interface UnknownSettingsInput {
  readonly env: Env
  /** After it has read the whole configuration. */
  readonly reader: EnvReader
  /** Those that the program contains, whichever of them run. */
  readonly services: readonly AnyService[]
  /** Every contract of the system. */
  readonly contracts: readonly Contract[]
}

/**
 * What looks like a setting of Parley and is none. A program that does not contain every service leaves what begins like
 * the settings of the others to them: environments and configuration files are often the same for all.
 */
export function unknownSettings(input: UnknownSettingsInput): UnknownSetting[] {
  const { env, reader } = input
  const rules = rulesOf(input)
  const isWhole = rules.others.length === 0
  // Whatever is in the file was written for Parley.
  const ofFile = isWhole ? { ...rules, own: [''] } : rules
  return [
    ...unknownNames(Object.keys(env), rules).map((found) => ({ ...found, where: 'environment' })),
    ...unknownNames(Object.keys(reader.file.settings ?? {}), ofFile).map((found) => ({
      ...found,
      where: reader.fileName,
    })),
  ]
}

/** One line for whoever set it. */
export function unknownSettingText({ name, nearest, where }: UnknownSetting): string {
  const mend = nearest === null ? ': unset it, or see docs/configuration.md' : `; did you mean ${nearest}?`
  return `${name} (${where}) is not a setting${mend}`
}

/** With what the settings of every process begin, among others. */
const shared = ['PARLEY_', 'KAFKA_', 'DATABASE_']

function rulesOf({ reader, services, contracts }: UnknownSettingsInput): NameRules {
  const contained = new Set(services.map(({ contract }) => `${variablePrefix(contract.name)}_`))
  const settings = [
    ...services.flatMap((service) => describeConfig(service, contracts).settings.map(({ setting }) => setting)),
    ...contracts.flatMap(({ name }) => [serviceUrlSetting(name), serviceDatabaseUrlSetting(name)]),
    ...Object.values(storeSettings),
    ...Object.values(commandSettings),
    ...[...reader.found.values()].map(({ setting }) => setting),
    ...keysOfProviders(reader),
  ]
  const own = [...shared, ...contained]
  const others = contracts.map(({ name }) => `${variablePrefix(name)}_`).filter((prefix) => !own.includes(prefix))
  return { known: new Set(settings.flatMap(variablesOf)), own, others }
}

/** Read where the service gpt runs, and set everywhere when the environment is shared. */
function keysOfProviders({ file }: EnvReader): { name: string; isSecret: boolean }[] {
  const names = Object.values(file.providers ?? {}).map(({ apiKeyEnv }) => apiKeyEnv)
  return names.filter((name) => name !== undefined).map((name) => ({ name, isSecret: true }))
}

import type { FileSections } from '../config/file-sections.ts'
import type { AnySetting } from '../config/setting.ts'
import type { Contract } from '../contract/define-contract.ts'
import { discoverySettings } from '../discovery/discovery-settings.ts'
import { kafkaSettings } from '../events/kafka/kafka-settings.ts'
import { servicesSetting, serviceUrlSetting } from '../placement/placement-settings.ts'
import { subscribersOf } from '../placement/resolve-placement.ts'
import { tracingSettings } from '../telemetry/tracing/tracing-settings.ts'
import type { AnyService } from './define-service.ts'
import { configFileSettings, processSettings, serviceDatabaseUrlSetting, storeSettings } from './process-settings.ts'

export type SettingGroup = 'process' | 'placement' | 'events' | 'store' | 'tracing' | 'service'

export interface DescribedSetting {
  readonly setting: AnySetting
  readonly group: SettingGroup
}

export interface DescribedConfig {
  /** Each setting has its name, description, format, default, and whether it is a secret and may change live. */
  readonly settings: readonly DescribedSetting[]
  /** Parts of the configuration file. */
  readonly fileSections: FileSections
}

/**
 * Everything that a process with `service` alone reads: the one source of the reference, of `parley config check` and of
 * generated deployments. Of the URLs of other services it has those that the service calls or sends events to.
 */
export function describeConfig(service: AnyService, contracts: readonly Contract[]): DescribedConfig {
  const { contract, migrations } = service
  const groups: Record<SettingGroup, readonly AnySetting[]> = {
    process: [...Object.values(configFileSettings), ...Object.values(processSettings)],
    placement: [
      servicesSetting,
      ...neighboursOf(service, contracts).map(serviceUrlSetting),
      ...Object.values(discoverySettings),
    ],
    events: Object.values(kafkaSettings),
    store: migrations === null ? [] : [...Object.values(storeSettings), serviceDatabaseUrlSetting(contract.name)],
    tracing: Object.values(tracingSettings),
    service: Object.values(service.settings),
  }
  const settings = Object.entries(groups).flatMap(([group, entries]) =>
    entries.map((setting) => ({ setting, group: group as SettingGroup })),
  )
  return { settings, fileSections: service.fileSections ?? {} }
}

function neighboursOf({ contract, needs }: AnyService, contracts: readonly Contract[]): readonly string[] {
  const called = (Object.values(needs) as Contract[]).map(({ name }) => name)
  const events = Object.values(contract.events as Contract['events'])
  const subscribers = events.flatMap(({ type }) => subscribersOf(contracts, type))
  return [...new Set([...called, ...subscribers])].filter((name) => name !== contract.name)
}

import { createHash } from 'node:crypto'
import { contracts } from '@parley/catalog/contracts.ts'
import { type LoadedFile, noConfigFile } from '@parley/chassis/config/config-source.ts'
import { ConfigError, type Env, EnvReader, type FoundSetting } from '@parley/chassis/config/env-reader.ts'
import type { AnyService } from '@parley/chassis/runtime/define-service.ts'
import { type DescribedSetting, describeConfig } from '@parley/chassis/runtime/describe-config.ts'
import { openConfigSource } from '@parley/chassis/runtime/open-config-source.ts'
import { loadProcessConfig } from '@parley/chassis/runtime/process-config.ts'
import { type UnknownSetting, unknownSettings } from '@parley/chassis/runtime/unknown-settings.ts'

export interface CheckedValue {
  readonly name: string
  readonly group: string
  /** As it is written, or the default; of secrets only the beginning of their hash. */
  readonly value: string
  readonly source: 'default' | 'environment' | 'file' | 'secret-file'
  /** The field of the configuration file, or the path of the file of a secret. */
  readonly where: string | null
  readonly live: boolean
}

export interface CheckedConfig {
  /** What a process that is started here would run. */
  readonly services: readonly string[]
  /** The configuration file; null when there is none. */
  readonly file: string | null
  readonly values: readonly CheckedValue[]
  /** Why such a process would not start. */
  readonly problems: readonly string[]
  /** What looks like a setting and is none. */
  readonly unknown: readonly UnknownSetting[]
  /** Settings of the file that an environment variable hides. */
  readonly shadowed: readonly string[]
}

export interface CheckOptions {
  readonly env: Env
  /** Where the process would be started. */
  readonly folder: string
  /** All services of the system. */
  readonly services: readonly AnyService[]
  /** The one whose program would be started; null for the program with all of them. */
  readonly service: AnyService | null
}

/** Reads the configuration as a process would and says where each value comes from, without starting anything. */
export async function checkConfig({ env, folder, services, service }: CheckOptions): Promise<CheckedConfig> {
  const contained = service === null ? services : [service]
  const { loaded, path, problems } = await loadFile(env, folder)
  const placed = service === null ? env : { SERVICES: service.contract.name, ...env }
  const reader = new EnvReader(placed, loaded.file, { fileName: loaded.fileName })
  const { placements } = loadProcessConfig({ env: reader, services: contained, contracts, isTerminal: false })
  const isHere = new Set(placements.filter((row) => row.placement === 'local').map((row) => row.service))
  const here = contained.filter(({ contract }) => isHere.has(contract.name))
  for (const hosted of here) hosted.loadConfig(reader)
  const described = here.flatMap((hosted) => describeConfig(hosted, contracts).settings)
  for (const { setting } of described) reader.read(setting)
  const inFile = Object.keys(loaded.file.settings ?? {})
  return {
    services: here.map(({ contract }) => contract.name),
    file: path,
    values: checkedValues(reader, described),
    problems: [...problems, ...reader.problems],
    unknown: unknownSettings({ env, reader, services, contracts }),
    shadowed: inFile.filter((name) => reader.found.get(name)?.source.from === 'environment'),
  }
}

interface FoundFile {
  readonly loaded: LoadedFile
  readonly path: string | null
  readonly problems: readonly string[]
}

/** A file that cannot be read does not keep the rest from being checked. */
async function loadFile(env: Env, folder: string): Promise<FoundFile> {
  let path: string | null = null
  try {
    const source = openConfigSource(env, folder)
    path = source.path
    const loaded = await source.load()
    return { loaded, path: source.path, problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { loaded: noConfigFile, path, problems: error.problems }
  }
}

/** What is described first, each once, and then the keys that the configuration file names. */
function checkedValues(reader: EnvReader, described: readonly DescribedSetting[]): CheckedValue[] {
  const groups = new Map(described.map(({ setting, group }) => [setting.name, group]))
  const ordered = [...groups.keys(), ...[...reader.found.keys()].filter((name) => !groups.has(name))]
  return ordered
    .map((name) => reader.found.get(name))
    .filter((found) => found !== undefined)
    .map((found) => ({
      name: found.setting.name,
      group: groups.get(found.setting.name) ?? 'service',
      value: shownValue(found),
      source: found.source.from,
      where:
        found.source.from === 'file'
          ? found.source.field
          : found.source.from === 'secret-file'
            ? found.source.path
            : null,
      live: found.setting.isLive,
    }))
}

const hashCharsShown = 8

function shownValue({ setting, text }: FoundSetting): string {
  if (text === null) return setting.shownDefault ?? 'none'
  if (!setting.isSecret) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, hashCharsShown)
  return `set (sha256 ${hash}…)`
}

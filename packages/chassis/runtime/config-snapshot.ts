import type { LoadedFile } from '../config/config-source.ts'
import { type Env, EnvReader } from '../config/env-reader.ts'
import type { FileSections } from '../config/file-sections.ts'
import type { Contract } from '../contract/define-contract.ts'
import type { AnyService } from './define-service.ts'
import { loadProcessConfig, type ProcessConfig } from './process-config.ts'

/** The whole configuration of a process at one moment, found to be in order. It never changes; a later one replaces it. */
export interface ConfigSnapshot {
  readonly process: ProcessConfig
  /** The services that run here. */
  readonly here: readonly AnyService[]
  /** Each one's own configuration. */
  readonly services: ReadonlyMap<AnyService, unknown>
  readonly reader: EnvReader
}

export interface SnapshotInput {
  readonly env: Env
  readonly loaded: LoadedFile
  readonly services: readonly AnyService[]
  readonly contracts: readonly Contract[]
  readonly isTerminal: boolean
}

/** Throws ConfigError with everything that is wrong. */
export function readSnapshot({ env, loaded, ...input }: SnapshotInput): ConfigSnapshot {
  const { services } = input
  const reader = new EnvReader(env, loaded.file, { fileName: loaded.fileName })
  const process = loadProcessConfig({ ...input, env: reader })
  const isHere = new Set(process.placements.filter((p) => p.placement === 'local').map((p) => p.service))
  const here = services.filter((service) => isHere.has(service.contract.name))
  const configs = new Map(here.map((service) => [service, service.loadConfig(reader) as unknown]))
  reader.throwIfProblems()
  return { process, here, services: configs, reader }
}

export interface ConfigChange {
  /** Settings and parts of the file that are used from now on. */
  readonly live: readonly string[]
  /** Those that are another than the process was started with, and that it only uses when it is started again. */
  readonly restart: readonly string[]
}

/** By name, in the order of the alphabet: what differs from the snapshot in use, or from the one at the start. */
export function changesBetween(snapshots: {
  first: ConfigSnapshot
  current: ConfigSnapshot
  next: ConfigSnapshot
}): ConfigChange {
  const { first, current, next } = snapshots
  const isLive = liveNames(next)
  const live = namesThatDiffer(current, next).filter((name) => isLive(name, current))
  const restart = namesThatDiffer(first, next).filter((name) => !isLive(name, first))
  return { live, restart }
}

/** Whether a changed value of that name, different from the one in `before`, can be used at once. */
function liveNames(next: ConfigSnapshot): (name: string, before: ConfigSnapshot) => boolean {
  const sections = fileSectionsOf(next)
  return (name, before) => {
    const section = sections[name as keyof FileSections]
    if (section !== undefined) return section.isLive
    const found = next.reader.found.get(name) ?? before.reader.found.get(name)
    if (found === undefined || !found.setting.isLive) return false
    return found.setting.canChange?.(textOf(before, name), textOf(next, name)) ?? true
  }
}

function namesThatDiffer(before: ConfigSnapshot, after: ConfigSnapshot): string[] {
  const names = new Set([...before.reader.found.keys(), ...after.reader.found.keys()])
  const settings = [...names].filter((name) => textOf(before, name) !== textOf(after, name))
  const sections = (Object.keys(fileSectionsOf(after)) as (keyof FileSections)[]).filter(
    (name) => JSON.stringify(before.reader.file[name]) !== JSON.stringify(after.reader.file[name]),
  )
  return [...settings, ...sections].sort()
}

function textOf(snapshot: ConfigSnapshot, name: string): string | null {
  return snapshot.reader.found.get(name)?.text ?? null
}

function fileSectionsOf({ here }: ConfigSnapshot): FileSections {
  return Object.assign({}, ...here.map(({ fileSections }) => fileSections ?? {})) as FileSections
}

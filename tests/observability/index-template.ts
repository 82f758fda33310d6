import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryFolder } from '../harness/spawned-program.ts'

interface Mapping {
  readonly type?: string
  readonly dynamic?: boolean
  readonly properties?: Readonly<Record<string, Mapping>>
}

const logsFolder = join(repositoryFolder, 'deploy/logs')

const template = JSON.parse(readFileSync(join(logsFolder, 'elasticsearch/index-template.json'), 'utf8')) as {
  readonly template: { readonly mappings: Mapping }
}

/** Whether the template maps a field: by name, or below an object that takes what comes. */
export function isMapped(field: string): boolean {
  let mapping: Mapping | undefined = template.template.mappings
  for (const name of field.split('.')) {
    const next: Mapping | undefined = mapping?.properties?.[name]
    if (next === undefined) return mapping?.dynamic === true && mapping !== template.template.mappings
    mapping = next
  }
  return mapping?.type !== undefined
}

interface SavedObject {
  readonly id: string
  readonly type: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly references: readonly { readonly id: string; readonly type: string }[]
}

/** What is imported into Kibana. */
export function readSavedObjects(): SavedObject[] {
  const text = readFileSync(join(logsFolder, 'kibana/parley.ndjson'), 'utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as SavedObject]))
}

/** The fields that a saved object shows, groups by or asks for. */
export function fieldsOf({ attributes }: SavedObject): string[] {
  const {
    columns = [],
    visState,
    kibanaSavedObjectMeta,
  } = attributes as {
    columns?: string[]
    visState?: string
    kibanaSavedObjectMeta?: { searchSourceJSON: string }
  }
  const state =
    visState === undefined ? { aggs: [] } : (JSON.parse(visState) as { aggs: { params: { field?: string } }[] })
  const grouped = state.aggs.flatMap(({ params }) => params.field ?? [])
  const source = JSON.parse(kibanaSavedObjectMeta?.searchSourceJSON ?? '{}') as { query?: { query: string } }
  const asked = [...(source.query?.query ?? '').matchAll(/([a-z_@][a-z_.]*) :/g)].map((match) => match[1] ?? '')
  return [...columns, ...grouped, ...asked]
}

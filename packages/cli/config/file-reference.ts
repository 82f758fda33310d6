import { ConfigFile } from '@parley/chassis/config/config-file-schema.ts'
import type { TSchema } from 'typebox'

interface ShownSchema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
  readonly items?: TSchema
  readonly type?: string
  readonly anyOf?: readonly { readonly type?: string; readonly const?: unknown }[]
}

/** The fields of the configuration file, from its schema. */
export function configFileReference(): string {
  const rows = fieldsOf(ConfigFile, '').map(
    ({ path, type, description }) => `| \`${path}\` | ${type} | ${description} |`,
  )
  return [
    `## The configuration file

\`parley.config.ts\` or \`parley.config.json\` in the folder the process starts in, or what \`PARLEY_CONFIG\` names. Both hold the
same; the TypeScript one has its type from \`defineConfig\` and must export plain data. Fields that are not listed are refused.`,
    ['| field | type | what it says |', '|---|---|---|', ...rows].join('\n'),
  ].join('\n\n')
}

interface Field {
  readonly path: string
  readonly type: string
  readonly description: string
}

function fieldsOf(schema: ShownSchema, path: string): Field[] {
  const own = Object.entries(schema.properties ?? {}).filter(([name]) => name !== '$schema')
  const children: [string, ShownSchema][] = [
    ...own.map(([name, child]): [string, ShownSchema] => [
      path === '' ? name : `${path}.${name}`,
      child as ShownSchema,
    ]),
    ...Object.values(schema.patternProperties ?? {}).map((child): [string, ShownSchema] => [
      `${path}.<name>`,
      child as ShownSchema,
    ]),
  ]
  return children.flatMap(([at, child]) => [
    { path: at, type: typeOf(child), description: child.description ?? '' },
    ...fieldsOf(child, at),
  ])
}

function typeOf({ type, items, anyOf }: ShownSchema): string {
  if (anyOf !== undefined) return anyOf.map((each) => each.const ?? each.type).join(' or ')
  if (type === 'array') return `list of ${typeOf((items ?? {}) as ShownSchema)}`
  return type ?? 'any'
}

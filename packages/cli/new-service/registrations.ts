import type { ServiceName } from './service-name.ts'

/** A file of the repository and what it says once it knows the new service. */
export interface Registration {
  readonly file: string
  readonly apply: (text: string) => string
}

/** Every place that lists the services by hand; whatever else knows them takes them from the catalog. */
export function registrationsOf({ name, Name, camelName }: ServiceName): readonly Registration[] {
  return [
    {
      file: 'packages/catalog/contracts.ts',
      apply: (text) =>
        listed(imported(text, `import { ${Name}Contract } from '@parley/${name}/contract.ts'`), {
          constant: 'contracts',
          entry: `${Name}Contract`,
        }),
    },
    {
      file: 'apps/all-in-one/services.ts',
      apply: (text) =>
        listed(imported(text, `import { ${camelName} } from '@parley/${name}/service.ts'`), {
          constant: 'services',
          entry: camelName,
        }),
    },
    ...['packages/catalog/package.json', 'apps/all-in-one/package.json'].map((file) => ({
      file,
      apply: (text: string) => withDependency(text, `@parley/${name}`),
    })),
    {
      file: 'tests/contracts/pairs.ts',
      apply: (text) =>
        listed(imported(text, `import { responseTo${Name} } from './interactions/response-${name}.ts'`), {
          constant: 'pairs',
          entry: `responseTo${Name}`,
        }),
    },
    {
      file: 'tests/contracts/providers/verify-provider.ts',
      apply: (text) =>
        listed(imported(text, `import { start${Name} } from './${name}.ts'`), {
          constant: 'providers',
          entry: name === camelName ? `${name}: start${Name}` : `'${name}': start${Name}`,
        }),
    },
  ]
}

/** The text with one more import; the formatter puts it where it belongs. */
function imported(text: string, line: string): string {
  const last = [...text.matchAll(/^import .*$/gm)].at(-1)
  const end = (last?.index ?? 0) + (last?.[0].length ?? 0)
  return `${text.slice(0, end)}\n${line}${text.slice(end)}`
}

/** The text with `entry` as the last of the array or object that is given to `constant`. */
function listed(text: string, { constant, entry }: { constant: string; entry: string }): string {
  const start = new RegExp(`const ${constant}: .* = [[{]`).exec(text)
  if (start === null) throw new Error(`no list is given to ${constant}`)
  const opening = start.index + start[0].length - 1
  const closing = closingOf(text, opening)
  const before = text.slice(0, closing).trimEnd()
  const separator = before.endsWith(',') || before.length === opening + 1 ? '' : ','
  return `${before}${separator}\n${entry},\n${text.slice(closing)}`
}

function closingOf(text: string, opening: number): number {
  let depth = 0
  for (let at = opening; at < text.length; at++) {
    if ('[{('.includes(text.charAt(at))) depth++
    if (']})'.includes(text.charAt(at)) && --depth === 0) return at
  }
  throw new Error('a list has no end')
}

function withDependency(text: string, dependency: string): string {
  const manifest = JSON.parse(text) as { dependencies: Record<string, string> }
  const dependencies = { ...manifest.dependencies, [dependency]: '*' }
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify({ ...manifest, dependencies: sorted }, null, 2)}\n`
}

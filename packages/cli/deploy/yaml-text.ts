import { stringify } from 'yaml'

/** What the files hold: objects with their keys in the order in which people read them. */
export type Node = { readonly [key: string]: NodeValue }
export type NodeValue = string | number | boolean | null | undefined | Node | readonly NodeValue[]

/** Documents of one file, below a comment. Texts that a reader of YAML 1.1 would take for something else are quoted. */
export function yamlText(comment: string, documents: readonly Node[]): string {
  const head = comment
    .trim()
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
  const options = { schema: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false } as const
  return `${head}\n${documents.map((document) => stringify(document, options)).join('---\n')}`
}

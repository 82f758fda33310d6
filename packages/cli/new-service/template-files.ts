import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, 'template')
const ending = '.txt'

/** The files of the template by the path that each gets in the repository, with `{{placeholders}}` filled. */
export function fillTemplate(values: Readonly<Record<string, string>>): Map<string, string> {
  const sources = globSync(`**/*${ending}`, { cwd: folder }).map((source) => source.replaceAll('\\', '/'))
  return new Map(
    sources.sort().map((source) => {
      const text = readFileSync(join(folder, source), 'utf8')
      return [fill(source.slice(0, -ending.length), values), fill(text, values)]
    }),
  )
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{([\w:]+)\}\}/g, (_, placeholder: string) => {
    const value = values[placeholder]
    if (value === undefined) throw new Error(`the template asks for {{${placeholder}}}, which nobody knows`)
    return value
  })
}

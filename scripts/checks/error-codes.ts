import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorTable } from '@parley/chassis/values/errors.ts'

const page = 'docs/errors.md'

/** Codes without an explanation, and explanations of codes that do not exist. */
export async function findErrorCodeProblems(root: string): Promise<string[]> {
  if (!existsSync(path.join(root, page))) return [`${page} is missing`]
  const explained = codesExplainedIn(readFileSync(path.join(root, page), 'utf8'))
  const codes = Object.keys(errorTable)
  return [
    ...codes.filter((code) => !explained.has(code)).map((code) => `${page} does not explain ${code}`),
    ...[...explained]
      .filter((code) => !codes.includes(code))
      .map((code) => `${page} explains ${code}, which is no code`),
  ]
}

/** A code is explained where it is a heading or opens the row of a table. */
function codesExplainedIn(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^(?:#{2,6} +|\| *)`?([A-Z]+(?:_[A-Z]+)*)`?(?= *(?:\||$))/gm)].map(([, code = '']) => code),
  )
}

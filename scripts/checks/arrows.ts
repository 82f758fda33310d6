import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { runTool } from './run-tool.ts'

const folders = ['packages', 'services', 'apps', 'tests', 'bench', 'scripts']

/** The part of dependency-cruiser's JSON report that is read here. */
interface Report {
  modules: { source: string }[]
  summary: { violations: Violation[] }
}

interface Violation {
  from: string
  to: string
  rule: { name: string }
  cycle?: { name: string }[]
}

/** Imports against the direction of the house, by the rules in `.dependency-cruiser.mjs`. */
export async function findArrowProblems(root: string): Promise<string[]> {
  const present = folders.filter((folder) => existsSync(path.join(root, folder)))
  const { stdout, output } = await runTool(root, 'dependency-cruiser/bin/dependency-cruiser.mjs', [
    '--config=.dependency-cruiser.mjs',
    '--output-type=json',
    ...present,
  ])
  if (!stdout.startsWith('{')) return [output]
  const report: Report = JSON.parse(stdout)
  return [...findUnseen(root, report), ...report.summary.violations.map(describe)]
}

/** With a compiler it cannot use, dependency-cruiser sees no file at all and is content. */
function findUnseen(root: string, { modules }: Report): string[] {
  const seen = new Set(modules.map(({ source }) => source))
  const files = globSync('{packages,services,apps}/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] })
  const unseen = files.map((file) => file.replaceAll('\\', '/')).filter((file) => !seen.has(file))
  if (files.length === 0) return ['no file was found to check']
  return unseen.map((file) => `unseen: dependency-cruiser did not read ${file}`)
}

function describe({ rule, from, to, cycle }: Violation): string {
  const way = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ')
  return `${rule.name}: ${from} → ${way}`
}

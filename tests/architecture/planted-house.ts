import { cpSync, globSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { linkModules } from '../harness/link-modules.ts'

export const repository = path.resolve(import.meta.dirname, '../..')
const fixture = path.join(repository, 'tests/fixtures/planted')

/** A copy of the house in a temporary folder with the planted files in it; it disappears when it is disposed of. */
export interface PlantedHouse extends Disposable {
  readonly root: string
  /** The planted files, relative to `root`. */
  readonly planted: readonly string[]
}

export function buildPlantedHouse(): PlantedHouse {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'parley-planted-')))
  for (const folder of ['packages', 'services', 'apps', 'scripts/lint']) copy(folder, root)
  for (const file of ['package.json', 'tsconfig.json', 'biome.json', '.dependency-cruiser.mjs']) copy(file, root)
  cpSync(fixture, root, { recursive: true })
  linkModules(root)
  const planted = globSync('**/*.ts', { cwd: fixture }).map((file) => file.replaceAll('\\', '/'))
  return { root, planted, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

function copy(entry: string, root: string): void {
  const isProduct = (source: string) => !/[/\\](?:node_modules|test|data)$/.test(source)
  cpSync(path.join(repository, entry), path.join(root, entry), { recursive: true, filter: isProduct })
}

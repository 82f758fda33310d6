import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Texts of files, by their path below the folder that they are written to, with forward slashes. */
export type Files = Readonly<Record<string, string>>

/** Where people begin to write themselves: such a file is made when it is missing, and never touched again. */
const startingPoints: readonly string[] = ['config/parley.config.json']

/** Files below `owned` that are not among them are removed. */
export async function writeFiles(folder: string, files: Files, owned: readonly string[] = []): Promise<void> {
  const strays = (await listFiles(folder, owned)).filter((name) => !(name in files))
  for (const name of strays) await rm(path.join(folder, name))
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    if (startingPoints.includes(name) && existsSync(file)) continue
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

/**
 * What differs between a folder and what would be written to it, one line per file. Files below `owned` that nothing
 * would write are differences too.
 */
export async function compareFiles(folder: string, files: Files, owned: readonly string[]): Promise<string[]> {
  const differences: string[] = []
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    if (!existsSync(file)) differences.push(`${name} is missing`)
    else if (!startingPoints.includes(name)) {
      const line = firstDifference(await readFile(file, 'utf8'), text)
      if (line !== null) differences.push(`${name} differs from line ${line} on`)
    }
  }
  for (const name of await listFiles(folder, owned)) {
    if (!(name in files)) differences.push(`${name} is written by nothing`)
  }
  return differences
}

function firstDifference(found: string, wanted: string): number | null {
  if (found === wanted) return null
  const [left, right] = [found.split('\n'), wanted.split('\n')]
  const index = right.findIndex((line, number) => line !== left[number])
  return (index === -1 ? right.length : index) + 1
}

async function listFiles(folder: string, owned: readonly string[]): Promise<string[]> {
  const names: string[] = []
  for (const part of owned) {
    const below = path.join(folder, part)
    if (!existsSync(below)) continue
    for (const entry of await readdir(below, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        names.push(path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    }
  }
  return names.sort()
}

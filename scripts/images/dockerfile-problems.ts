import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { baseImage, dockerfileOf } from './dockerfile.ts'
import { findImagePrograms } from './programs.ts'

/** Where the Dockerfiles are not what the workspaces ask for; one per program, and none besides. */
export async function findDockerfileProblems(root: string): Promise<string[]> {
  const wanted = wantedDockerfiles(root)
  const strays = globSync('{packages,services,apps}/*/Dockerfile', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !wanted.has(file))
  const problems = [...wanted].flatMap(([file, text]) => {
    const absolute = path.join(root, file)
    if (!existsSync(absolute)) return [`${file} is missing: npm run images -- write`]
    return readFileSync(absolute, 'utf8') === text ? [] : [`${file} is not what it should be: npm run images -- write`]
  })
  return [...problems, ...strays.map((file) => `${file} belongs to no program that has an image`)]
}

/** Writes every Dockerfile. Returns the files that were not as they should be. */
export function writeDockerfiles(root: string): string[] {
  return [...wantedDockerfiles(root)]
    .filter(([file, text]) => {
      const absolute = path.join(root, file)
      if (existsSync(absolute) && readFileSync(absolute, 'utf8') === text) return false
      writeFileSync(absolute, text)
      return true
    })
    .map(([file]) => file)
}

function wantedDockerfiles(root: string): Map<string, string> {
  const base = baseImage(root)
  return new Map(
    findImagePrograms(root).map((program) => [`${program.folder}/Dockerfile`, dockerfileOf(program, base)]),
  )
}

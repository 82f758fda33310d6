import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { imageName } from '../../scripts/images/build-image.ts'
import { type Engine, findEngine } from '../../scripts/images/engine.ts'
import { findImagePrograms } from '../../scripts/images/programs.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'

const execute = promisify(execFile)

export type Runner = NonNullable<Engine['runner']>

/** What runs the images of this version (all unless named), which have been built, or why they cannot be run. */
export async function findImages(
  ...wanted: readonly string[]
): Promise<{ runner: Runner; skip: false } | { skip: string }> {
  const engine = await findEngine()
  if ('missing' in engine) return { skip: engine.missing }
  const { runner } = engine
  if (runner === null) return { skip: 'Buildah is here, but nothing that runs images: install Podman or Docker' }
  const programs = findImagePrograms(repositoryFolder)
  const chosen = programs.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const names = chosen.map((program) => imageName(program, repositoryFolder))
  const present = await Promise.all(names.map((name) => isPresent(runner, name)))
  const missing = names.filter((_, index) => !present[index])
  if (missing.length === 0) return { runner, skip: false }
  return { skip: `there is no image ${missing.join(', ')}: build it with \`npm run images -- build\`` }
}

function isPresent(runner: Runner, image: string): Promise<boolean> {
  return execute(runner, ['image', 'inspect', image]).then(
    () => true,
    () => false,
  )
}

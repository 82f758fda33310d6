// npm run images -- list             the programs that have an image (--json: for other programs)
// npm run images -- write            writes their Dockerfiles
// npm run images -- build [name…]    builds their images with Docker, Podman or Buildah
// npm run images -- try [name…]      starts each, read-only and as a user without rights, asks it and stops it
//   --base <image>                   is built upon instead of what the Dockerfiles name
//   --base-from-debian               makes that image here first, where no registry has it (root, Buildah, debootstrap)
import path from 'node:path'
import { parseArgs } from 'node:util'
import { makeDebianBase } from './images/base-from-debian.ts'
import { buildImage, imageName } from './images/build-image.ts'
import { baseImage } from './images/dockerfile.ts'
import { writeDockerfiles } from './images/dockerfile-problems.ts'
import { type Engine, findEngine } from './images/engine.ts'
import { findImagePrograms, type ImageProgram } from './images/programs.ts'
import { tryImage } from './images/try-image.ts'

const root = path.dirname(import.meta.dirname)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    base: { type: 'string' },
    'base-from-debian': { type: 'boolean', default: false },
  },
})
const [command = 'list', ...names] = positionals
const commands: Readonly<Record<string, () => Promise<void>>> = { list, write, build, try: tryAll }

try {
  const run = commands[command]
  if (run === undefined) throw new Error(`there is no '${command}': ${Object.keys(commands).join(', ')}`)
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function list(): Promise<void> {
  const programs = findImagePrograms(root).map(({ name, folder }) => ({ name, folder }))
  if (values.json) return console.log(JSON.stringify(programs))
  for (const program of findImagePrograms(root)) console.log(`${imageName(program, root)}  ${program.folder}`)
}

async function write(): Promise<void> {
  for (const file of writeDockerfiles(root)) console.log(`written: ${file}`)
}

async function build(): Promise<void> {
  const engine = await requireEngine()
  const base = values.base ?? baseImage(root)
  if (values['base-from-debian']) await makeDebianBase({ root, base })
  for (const program of chosen()) {
    const startedMs = performance.now()
    await buildImage(program, { root, engine, base })
    console.log(`${imageName(program, root)}  built by ${engine.builder} in ${seconds(startedMs)} s`)
  }
}

async function tryAll(): Promise<void> {
  const { runner } = await requireEngine()
  if (runner === null) throw new Error('Buildah builds, but does not run: install Podman or Docker')
  for (const program of chosen()) {
    const { sizeMb, readyMs, isHealthy, stoppedMs } = await tryImage(program, {
      image: imageName(program, root),
      runner,
    })
    const figures = `${sizeMb} MB, ${isHealthy ? 'healthy' : 'alive'} after ${readyMs} ms, ended with code 0 in ${stoppedMs} ms`
    console.log(`${imageName(program, root)}  ${figures}`)
  }
}

async function requireEngine(): Promise<Engine> {
  const engine = await findEngine()
  if ('missing' in engine) throw new Error(engine.missing)
  return engine
}

function chosen(): ImageProgram[] {
  const programs = findImagePrograms(root)
  const unknown = names.filter((name) => !programs.some((program) => program.name === name))
  if (unknown.length > 0) throw new Error(`there is no image of ${unknown.join(', ')}`)
  return programs.filter(({ name }) => names.length === 0 || names.includes(name))
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(1)
}

import { join } from 'node:path'
import { configFileName } from '@parley/chassis/config/config-source.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { imageName } from '../../scripts/images/build-image.ts'
import { Container } from '../../scripts/images/container.ts'
import { findImagePrograms, type ImageProgram } from '../../scripts/images/programs.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'
import { serviceNames } from '../harness/system.ts'
import type { Placed, PlaceOptions } from '../harness/topologies.ts'
import type { Runner } from './find-images.ts'

interface Part {
  readonly container: Container
  readonly url: string
}

/** Every service from its own image, in a container of its own. Resolves once all are ready. */
export async function placeImages(runner: Runner, options: PlaceOptions): Promise<Placed> {
  const firstPort = await findFreePorts(serviceNames.length + 1)
  const publicPort = firstPort + serviceNames.length
  const portOf = (name: string) => firstPort + serviceNames.indexOf(name)
  const programs = findImagePrograms(repositoryFolder).filter(({ name }) => serviceNames.includes(name))
  const parts = programs.map((program): Part => {
    const port = portOf(program.name)
    const others = serviceNames.filter((name) => name !== program.name)
    const env = {
      INTERNAL_PORT: String(port),
      PORT: String(program.name === 'gateway' ? publicPort : port),
      ...Object.fromEntries(others.map((name) => [urlVariable(name), `http://127.0.0.1:${portOf(name)}`])),
    }
    return {
      container: startImage(runner, program, { ...options, env: { ...options.env, ...env } }),
      url: `http://127.0.0.1:${port}`,
    }
  })
  const containers = parts.map(({ container }) => container)
  try {
    await Promise.all(parts.map(({ container, url }) => container.untilAnswers(`${url}/readyz`)))
  } catch (error) {
    for (const container of containers) container.remove()
    throw error
  }
  return {
    url: `http://127.0.0.1:${publicPort}`,
    pids: [],
    output: () => containers.map(({ output }) => output).join(''),
    stop: () => stopAll(containers),
  }
}

/** The image of a program with the tests' settings, except for where data are: those stay in the container. */
function startImage(runner: Runner, program: ImageProgram, { folder, env }: PlaceOptions): Container {
  const { PARLEY_DATA: _place, ...rest } = env
  return new Container({
    runner,
    image: imageName(program, repositoryFolder),
    env: { HOST: '127.0.0.1', ...rest },
    files: { [`/parley/${configFileName}`]: join(folder, configFileName) },
  })
}

async function stopAll(containers: readonly Container[]): Promise<void> {
  const codes = await Promise.all(containers.map((container) => container.stop()))
  const bad = containers.find((_, index) => codes[index] !== 0)
  if (bad !== undefined) throw new Error(`a container ended badly (${codes.join()})\n${bad.output.slice(-4_000)}`)
}

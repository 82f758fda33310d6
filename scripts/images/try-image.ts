import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { contracts } from '@parley/catalog/contracts.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { Container, type ContainerOptions } from './container.ts'
import type { ImageProgram } from './programs.ts'

const execute = promisify(execFile)

export interface Tried {
  readonly sizeMb: number
  /** Until it answered. */
  readonly readyMs: number
  /** Whether its health check was run: by itself, a service that needs others is alive and not ready. */
  readonly isHealthy: boolean
  readonly stoppedMs: number
}

/**
 * Starts an image by itself, waits until it is ready, runs its health check and stops it. Rejects when anything of it
 * goes wrong. Other services that it wants to reach are not there, so a service is asked whether it lives instead.
 */
export async function tryImage(
  program: ImageProgram,
  { image, runner }: Pick<ContainerOptions, 'image' | 'runner'>,
): Promise<Tried> {
  const { stdout } = await execute(runner, ['image', 'inspect', '--format={{.Size}}', image])
  const [port, internalPort] = await freePorts()
  const isWhole = program.name === 'all-in-one'
  const absent = contracts.map(({ name }) => name).filter((name) => name !== program.name)
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    INTERNAL_PORT: String(program.name === 'gateway' || isWhole ? internalPort : port),
    ...(!isWhole && {
      PARLEY_INTERNAL_SECRET: randomBytes(32).toString('base64url'),
      ...Object.fromEntries(absent.map((name) => [urlVariable(name), 'http://127.0.0.1:9'])),
    }),
  }
  const startedMs = performance.now()
  await using container = new Container({ runner, image, env })
  const url = `http://127.0.0.1:${port}`
  await container.untilAnswers(`${url}/${isWhole ? 'readyz' : 'livez'}`)
  const readyMs = Math.round(performance.now() - startedMs)
  if (isWhole) await container.checkHealth()
  const stoppingMs = performance.now()
  const code = await container.stop()
  if (code !== 0) throw new Error(`${image} ended with code ${code}\n${container.output}`)
  const stoppedMs = Math.round(performance.now() - stoppingMs)
  return { sizeMb: Math.round(Number(stdout) / 1e6), readyMs, isHealthy: isWhole, stoppedMs }
}

async function freePorts(): Promise<[number, number]> {
  const [one = 0, other = 0] = await Promise.all([freePort(), freePort()])
  return [one, other]
}

async function freePort(): Promise<number> {
  await using server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

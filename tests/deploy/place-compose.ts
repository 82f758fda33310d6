import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeSecretFiles } from '../../packages/cli/commands/deploy.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import type { Placed, PlaceOptions } from '../harness/topologies.ts'
import {
  bringUp,
  type ComposeEngine,
  type ComposeProject,
  compose,
  engineVariables,
  followLogs,
} from './compose-engine.ts'
import { composeFolder, readCompose } from './rendered.ts'

const readyTimeoutMs = 300_000
const stopSeconds = '40'
const pollMs = 250
/** Of the network with a way out, so that the tests know where this machine is for the containers. */
const outside = { subnet: '10.231.57.0/24', host: '10.231.57.1' }

/** Brings a topology up by one command, with the tests' provider behind it. Resolves once the door says it is ready. */
export async function placeCompose(engine: ComposeEngine, topology: string, options: PlaceOptions): Promise<Placed> {
  const { folder } = options
  const publicPort = await findFreePorts(1)
  const override = path.join(folder, 'override.yaml')
  await writeFile(override, JSON.stringify(overrideOf(topology, options)))
  const project: ComposeProject = {
    engine,
    files: [path.join(composeFolder, `${topology}.yaml`), override],
    name: `parley-test-${randomBytes(4).toString('hex')}`,
    env: {
      ...(await engineVariables(engine, folder)),
      ...(await writeInputs(options)),
      PARLEY_PORT: String(publicPort),
    },
  }
  const forwarded: net.Server[] = []
  let output = ''
  let unfollow = () => {}
  const stop = async () => {
    await compose(project, 'down', '--volumes', '--timeout', stopSeconds)
    unfollow()
    for (const server of forwarded) server.close()
  }
  try {
    await bringUp(project, topology)
    unfollow = followLogs(project, (text) => {
      output += text
    })
    for (const port of providerPorts(options)) forwarded.push(await forward(port))
    const url = `http://127.0.0.1:${publicPort}`
    await untilReady(url)
    return { url, pids: [], output: () => output, stop }
  } catch (error) {
    await stop().catch(() => {})
    throw new Error(`${error instanceof Error ? error.message : error}\n${output.slice(-4_000)}`, { cause: error })
  }
}

/** The folders that the files are pointed at: secrets as the tests know them, and the tests' configuration file. */
async function writeInputs({ folder, configFile, env }: PlaceOptions): Promise<Record<string, string>> {
  const secrets = path.join(folder, 'secrets')
  await makeSecretFiles(secrets)
  await writeFile(path.join(secrets, 'gateway-api-key'), env['PARLEY_API_KEY'] ?? '')
  await writeFile(path.join(secrets, 'internal-secret'), env['PARLEY_INTERNAL_SECRET'] ?? '')
  const config = path.join(folder, 'config')
  await mkdir(config)
  await writeFile(path.join(config, 'parley.config.json'), asSeenFromContainers(JSON.stringify(configFile)))
  return { PARLEY_SECRETS: secrets, PARLEY_CONFIG_FOLDER: config }
}

const notForContainers = ['PARLEY_API_KEY', 'PARLEY_INTERNAL_SECRET', 'PARLEY_DATA', 'DATABASE_URL', 'PORT', 'HOST']

function overrideOf(topology: string, { env }: PlaceOptions): object {
  const settings = Object.entries(env).filter(([name]) => !notForContainers.includes(name))
  const environment = Object.fromEntries(settings.map(([name, value]) => [name, asSeenFromContainers(value)]))
  const { services } = readCompose(topology)
  const ours = Object.keys(services).filter((name) => services[name].image.includes('PARLEY_IMAGES'))
  return {
    services: Object.fromEntries(ours.map((name) => [name, { environment }])),
    networks: { outside: { ipam: { config: [{ subnet: outside.subnet, gateway: outside.host }] } } },
  }
}

function asSeenFromContainers(text: string): string {
  return text.replaceAll('127.0.0.1', outside.host)
}

function providerPorts({ configFile, env }: PlaceOptions): number[] {
  const texts = [JSON.stringify(configFile), env['OPENAI_BASE_URL'] ?? '']
  const found = texts.flatMap((text) => [...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))
  return [...new Set(found)]
}

/** The providers of tests listen on 127.0.0.1 alone, where no container comes: they are reached at the same port of the bridge. */
async function forward(port: number): Promise<net.Server> {
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1')
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  server.listen(port, outside.host)
  await once(server, 'listening')
  return server
}

async function untilReady(url: string): Promise<void> {
  const endsAtMs = performance.now() + readyTimeoutMs
  let reason = 'no answer'
  while (performance.now() < endsAtMs) {
    try {
      const answer = await fetch(`${url}/readyz`)
      if (answer.ok) return
      reason = await answer.text()
    } catch {
      // The door is not open yet.
    }
    await delay(pollMs)
  }
  throw new Error(`it was not ready after ${readyTimeoutMs} ms: ${reason}`)
}

import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import { type DnsServer, startDnsServer } from './dns-server.ts'
import { findFreePorts } from './free-ports.ts'
import { SpawnedProgram } from './spawned-program.ts'
import { serviceNames } from './system.ts'
import type { Place, Placed, PlaceOptions } from './topologies.ts'

/** Services that run twice; the others hold data in files, which one process at a time has. */
const twice = ['gpt']
const node = 'node.test'
const recordOf = (service: string) => `_http._tcp.${service}.test`

interface Planned {
  readonly service: string
  readonly port: number
}

/** Every service by its own program, some by two, which find each other by SRV records alone. */
export const placeDiscovered: Place = async (_topology, options) => {
  const services = [...serviceNames, ...twice]
  const publicPort = await findFreePorts(services.length + 1)
  const planned = services.map((service, index): Planned => ({ service, port: publicPort + 1 + index }))
  const dns = await startDnsServer({
    addresses: { [node]: ['127.0.0.1'] },
    services: Object.fromEntries(
      serviceNames.map((name) => [
        recordOf(name),
        planned.filter(({ service }) => service === name).map(({ port }) => ({ target: node, port })),
      ]),
    ),
  })
  const programs = planned.map((each) => start(each, publicPort, dns, options))
  try {
    await Promise.all(programs.map((program, index) => program.untilReady(`http://127.0.0.1:${planned[index]?.port}`)))
  } catch (error) {
    for (const program of programs) program.killGroup()
    await dns[Symbol.asyncDispose]()
    throw error
  }
  return placed(publicPort, programs, dns)
}

function start({ service, port }: Planned, publicPort: number, dns: DnsServer, { folder, env }: PlaceOptions) {
  const others = serviceNames.filter((name) => name !== service)
  return new SpawnedProgram({
    main: `services/${service}/main.ts`,
    cwd: folder,
    env: {
      ...env,
      ...(service === 'gateway' && { PORT: String(publicPort) }),
      INTERNAL_PORT: String(port),
      DISCOVERY_DNS_SERVERS: dns.address,
      DISCOVERY_DNS_SEARCH: 'none',
      ...Object.fromEntries(others.map((name) => [urlVariable(name), `dns+srv://${recordOf(name)}`])),
    },
  })
}

function placed(publicPort: number, programs: readonly SpawnedProgram[], dns: DnsServer): Placed {
  return {
    url: `http://127.0.0.1:${publicPort}`,
    pids: programs.map(({ pid }) => pid),
    output: () => programs.map(({ standardOutput, standardError }) => standardOutput + standardError).join(''),
    async stop() {
      const ends = await Promise.all(programs.map((program) => program.stop()))
      await dns[Symbol.asyncDispose]()
      const bad = ends.findIndex(({ code }) => code !== 0)
      if (bad === -1) return
      throw new Error(
        `a process ended with ${JSON.stringify(ends[bad])}\n${programs[bad]?.standardError.slice(-4_000)}`,
      )
    },
  }
}

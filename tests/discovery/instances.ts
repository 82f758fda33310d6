import { type Contract, call, defineContract } from '@parley/chassis/contract/define-contract.ts'
import { createInternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { createRemoteClient } from '@parley/chassis/contract/remote-client.ts'
import { serveContract } from '@parley/chassis/contract/serve-contract.ts'
import type { DiscoveryOptions } from '@parley/chassis/discovery/discover-instances.ts'
import type { InstanceSet } from '@parley/chassis/discovery/instance-set.ts'
import { parseServiceAddress } from '@parley/chassis/discovery/service-address.ts'
import { RemoteServices } from '@parley/chassis/runtime/remote-services.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import Fastify from 'fastify'
import { pino } from 'pino'
import { Type } from 'typebox'

const Empty = Type.Object({})

/** A service that says which of its processes answers. */
export const Echo = defineContract('echo', {
  version: '1.0',
  calls: {
    who: call({ http: 'GET /who', in: Empty, out: Type.Object({ name: Type.String() }), effect: 'read' }),
    add: call({ http: 'POST /add', in: Empty, out: Type.Object({ name: Type.String() }), effect: 'write' }),
  },
  events: {},
})

const secret = 'a-shared-secret-of-more-than-32-characters'

export interface EchoInstance extends AsyncDisposable {
  readonly port: number
  readonly calls: number
}

/** A process of the service, as far as callers can tell; `contract` may be another one than theirs. */
export async function startInstance(
  name: string,
  { host = '127.0.0.1', port = 0, contract = Echo }: { host?: string; port?: number; contract?: Contract } = {},
): Promise<EchoInstance> {
  const app = Fastify({ forceCloseConnections: true })
  let calls = 0
  const answer = async () => {
    calls++
    return { name }
  }
  serveContract(app, {
    contract,
    calls: Object.fromEntries(Object.keys(contract.calls).map((call) => [call, answer])) as never,
    auth: createInternalAuth(secret),
    newRequestId: () => 'req_test',
    onInternalError: () => {},
  })
  const url = await app.listen({ host, port })
  return {
    port: Number(new URL(url).port),
    get calls() {
      return calls
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

export interface Caller extends AsyncDisposable {
  readonly set: InstanceSet
  readonly lines: readonly string[]
  /** Which instance answers a call of the outermost caller. */
  who(): Promise<string>
  /** As `who`, by a call that may have an effect, of an inner caller: it is never repeated. */
  addOnce(): Promise<string>
  /** The names of all that answer some of many calls. */
  whoAll(): Promise<string[]>
  /** Resolves once exactly these answer. */
  untilAnswered(names: readonly string[], timeoutMs?: number): Promise<void>
}

const callsPerLook = 30
const patienceMs = 30_000

/** Another process, which looks for the service by `address`. */
export function startCaller(address: string, discovery: Partial<DiscoveryOptions> = {}): Caller {
  const parsed = parseServiceAddress(address)
  if (!('value' in parsed)) throw new Error(`${address} ${parsed.problem}`)
  const auth = createInternalAuth(secret)
  const lines: string[] = []
  const remote = new RemoteServices({
    placements: [{ service: 'echo', placement: 'remote', address: parsed.value }],
    contracts: [Echo],
    auth: () => auth,
    discovery: { dnsServers: [], dnsSearch: [], consulToken: null, ...discovery },
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
  })
  remote.start()
  const set = remote.find('echo')
  if (set === undefined) throw new Error('echo is not called')
  const client = createRemoteClient({ contract: Echo, caller: 'tester', callee: set, auth })
  const who = async () => (await client.who(testContext({ deadlineMs: patienceMs }), {})).name
  const whoAll = async () => {
    const names = await Promise.all(Array.from({ length: callsPerLook }, who))
    return [...new Set(names)].sort()
  }
  return {
    set,
    lines,
    who,
    addOnce: async () => (await client.add(testContext({ depth: 1 }), {})).name,
    whoAll,
    untilAnswered: (names, timeoutMs = patienceMs) =>
      waitUntil(async () => isSame(set, names) && (await whoAll()).join() === [...names].sort().join(), {
        timeoutMs,
        pollMs: 20,
        what: `answers of ${names.join(' and ')}`,
      }),
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  }
}

function isSame({ shown }: InstanceSet, names: readonly string[]): boolean {
  return shown.filter(({ state }) => state === 'usable').length === names.length
}

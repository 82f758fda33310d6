import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '@parley/testkit/latch.ts'
import { consul } from '../../scripts/tools/consul.ts'
import { findFreePorts } from '../harness/free-ports.ts'

const program = consul.find(fileURLToPath(new URL('../../.cache/tools', import.meta.url)))

/** Why there can be no Consul agent on this machine; false when there can. */
export const noConsul: string | false = program === null ? 'there is no consul: run `npm run tools -- consul`' : false

/** A Consul agent of its own, in memory, which lets nobody in without its token. */
export interface ConsulAgent extends AsyncDisposable {
  /** `host:port` of its HTTP interface. */
  readonly address: string
  readonly dnsAddress: string
  readonly token: string
  /** Adds an instance of `service`, which passes until something else is said. */
  register(service: string, instance: { id: string; port: number }): Promise<void>
  setHealth(id: string, status: 'passing' | 'critical'): Promise<void>
  deregister(id: string): Promise<void>
  /** Ends it; nothing answers any more. */
  stop(): Promise<void>
}

const token = 'c0ffee00-0000-4000-8000-000000000001'
const startTimeoutMs = 45_000
const portsPerAgent = 6

export async function startConsulAgent(): Promise<ConsulAgent> {
  const first = await findFreePorts(portsPerAgent)
  const [http, dns, server, serfLan, serfWan] = [first, first + 1, first + 2, first + 3, first + 4]
  const address = `127.0.0.1:${http}`
  const acl = { enabled: true, default_policy: 'deny', tokens: { initial_management: token, agent: token, dns: token } }
  const child = spawn(
    program ?? '',
    [
      ...['agent', '-dev', '-bind=127.0.0.1', '-client=127.0.0.1', `-http-port=${http}`, `-dns-port=${dns}`],
      ...[`-server-port=${server}`, `-serf-lan-port=${serfLan}`, `-serf-wan-port=${serfWan}`, '-grpc-port=-1'],
      ...['-grpc-tls-port=-1', '-log-level=error', '-hcl', JSON.stringify({ acl })],
    ],
    { stdio: 'ignore' },
  )
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const answer = await fetch(`http://${address}/v1${path}`, {
      method,
      headers: { 'x-consul-token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`consul answered ${answer.status} to ${path}: ${await answer.text()}`)
    return answer
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`consul ended with code ${child.exitCode}`)
    try {
      await ask('GET', '/agent/self')
      return (await (await ask('GET', '/status/leader')).text()).length > 2
    } catch {
      return false
    }
  }
  await waitUntil(isUp, { timeoutMs: startTimeoutMs, pollMs: 100, what: 'the Consul agent' })
  return {
    address,
    dnsAddress: `127.0.0.1:${dns}`,
    token,
    stop,
    async register(service, { id, port }) {
      const Check = { CheckID: `check-${id}`, TTL: '1h', Status: 'passing' }
      await ask('PUT', '/agent/service/register', { ID: id, Name: service, Address: '127.0.0.1', Port: port, Check })
    },
    async setHealth(id, status) {
      await ask('PUT', `/agent/check/update/check-${id}`, { Status: status })
    },
    async deregister(id) {
      await ask('PUT', `/agent/service/deregister/${id}`)
    },
    [Symbol.asyncDispose]: stop,
  }
}

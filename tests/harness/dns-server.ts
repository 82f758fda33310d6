import { type ChildProcess, spawn } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findFreePorts } from './free-ports.ts'

const places = ['/usr/sbin/dnsmasq', '/usr/local/sbin/dnsmasq', '/opt/homebrew/sbin/dnsmasq']
const program = places.find((path) => existsSync(path)) ?? null

/** Why there can be no DNS server on this machine; false when there can. */
export const noDnsServer: string | false =
  program === null ? 'there is no dnsmasq: install the package dnsmasq-base' : false

export interface DnsRecords {
  /** Addresses by name. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>
  /** Targets by the name of the service. */
  readonly services?: Readonly<Record<string, readonly { target: string; port: number; priority?: number }[]>>
}

/** A name server of its own, whose records live for a second. */
export interface DnsServer extends AsyncDisposable {
  /** As in DISCOVERY_DNS_SERVERS. */
  readonly address: string
  /** From now on it knows these and nothing else. */
  setRecords(records: DnsRecords): Promise<void>
  /** Ends it; nothing answers any more. */
  stop(): Promise<void>
}

const probeName = 'probe.test'

export async function startDnsServer(records: DnsRecords): Promise<DnsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-dns-'))
  const port = await findFreePorts(1)
  const address = `127.0.0.1:${port}`
  let child: ChildProcess | null = null
  let version = 0

  const stop = async () => {
    const ending = child
    child = null
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = once(ending, 'exit')
    ending.kill('SIGKILL')
    await ended
  }
  const setRecords = async (next: DnsRecords) => {
    await stop()
    const marker = `127.9.9.${++version}`
    const file = join(folder, 'dnsmasq.conf')
    await writeFile(file, configOf({ port, records: next, marker }))
    child = spawn(program ?? '', ['--keep-in-foreground', `--conf-file=${file}`], { stdio: 'ignore' })
    await untilKnown(address, marker)
  }
  await setRecords(records)
  return {
    address,
    setRecords,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configOf({ port, records, marker }: { port: number; records: DnsRecords; marker: string }): string {
  const hosts = Object.entries(records.addresses ?? {}).flatMap(([name, addresses]) =>
    addresses.map((address) => `host-record=${name},${address}`),
  )
  const services = Object.entries(records.services ?? {}).flatMap(([name, targets]) =>
    targets.map(({ target, port, priority = 0 }) => `srv-host=${name},${target},${port},${priority}`),
  )
  return [
    `port=${port}`,
    'listen-address=127.0.0.1',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'local=/test/',
    'local-ttl=1',
    'pid-file',
    `user=${process.getuid?.() === 0 ? 'root' : ''}`,
    `host-record=${probeName},${marker}`,
    ...hosts,
    ...services,
    '',
  ].join('\n')
}

async function untilKnown(address: string, marker: string): Promise<void> {
  await waitUntil(
    async () => {
      const resolver = new Resolver({ timeout: 500, tries: 1 })
      resolver.setServers([address])
      const found = await resolver.resolve4(probeName).catch((): string[] => [])
      return found.includes(marker)
    },
    { timeoutMs: 20_000, pollMs: 20, what: 'the name server' },
  )
}

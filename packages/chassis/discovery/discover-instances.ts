import { readFileSync } from 'node:fs'
import type { Timers } from '../values/timers.ts'
import { ConsulSource } from './consul-source.ts'
import { DnsAddressSource, DnsServiceSource } from './dns-source.ts'
import type { InstanceSet } from './instance-set.ts'
import type { InstanceSource } from './instance-source.ts'
import { InstanceWatch } from './instance-watch.ts'
import type { ServiceAddress } from './service-address.ts'

export interface DiscoveryOptions {
  /** Empty for those of the system. */
  readonly dnsServers: readonly string[]
  /** Null for those of the system. */
  readonly dnsSearch: readonly string[] | null
  readonly consulToken: string | null
}

/** Where the instances of `address` are registered; null when the address names them itself. */
export function openSource(
  address: ServiceAddress,
  { dnsServers, dnsSearch, consulToken }: DiscoveryOptions,
): InstanceSource | null {
  const dns = () => ({ servers: dnsServers, searchDomains: dnsSearch ?? systemSearchDomains() })
  switch (address.by) {
    case 'urls':
      return null
    case 'dns':
      return new DnsAddressSource(address, dns())
    case 'dns+srv':
      return new DnsServiceSource(address, dns())
    case 'consul':
      return new ConsulSource({ ...address, token: () => consulToken })
  }
}

/** Keeps `set` at what `address` says until the returned function is called. */
export function keepDiscovering(
  set: InstanceSet,
  address: ServiceAddress,
  options: DiscoveryOptions & { readonly timers: Timers },
): () => void {
  const source = openSource(address, options)
  if (source === null) {
    if (address.by === 'urls') set.update(address.origins)
    return () => {}
  }
  const watch = new InstanceWatch({
    source,
    timers: options.timers,
    onAnswer: ({ origins }) => set.update(origins),
    onFailure: (problem, failures) => set.cannotTell(problem, failures),
  })
  watch.start()
  return () => {
    watch.stop()
    if (Symbol.asyncDispose in source) void (source as ConsulSource)[Symbol.asyncDispose]()
  }
}

const resolverFile = '/etc/resolv.conf'

/** Node's resolver only asks for names as they are; in Kubernetes they are usually short. */
function systemSearchDomains(): readonly string[] {
  try {
    const line = readFileSync(resolverFile, 'utf8').match(/^search[ \t]+(.+)$/m)?.[1] ?? ''
    return line.split(/\s+/).filter((domain) => domain !== '')
  } catch {
    // Without such a file there is nothing to search.
    return []
  }
}

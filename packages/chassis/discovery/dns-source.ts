import { Resolver } from 'node:dns/promises'
import type { Answer, InstanceSource } from './instance-source.ts'

export interface DnsSourceOptions {
  /** `host:port` of each; empty for those of the system. */
  readonly servers: readonly string[]
  /** Tried behind a name that is not found as it is. */
  readonly searchDomains: readonly string[]
}

const queryTimeoutMs = 2_000
const queryTries = 2
/** Records are kept no shorter and no longer than this, whatever they say of themselves. */
const ttlMs = { min: 1_000, max: 30_000 }
/** The resolver does not say how long SRV records may be kept. */
const srvTtlMs = 5_000

/** What a server says when there is no such name, or no such record of it. */
const absentCodes = new Set(['ENOTFOUND', 'ENODATA'])

/** The addresses of a name, all at one port, as headless services of Kubernetes have them. */
export class DnsAddressSource implements InstanceSource {
  readonly #port: number
  readonly #names: NameLookup

  constructor({ name, port }: { name: string; port: number }, options: DnsSourceOptions) {
    this.#port = port
    this.#names = new NameLookup(name, options)
  }

  next(signal: AbortSignal): Promise<Answer> {
    return this.#names.find(signal, async (name) => {
      const found = await this.#names.addresses(name)
      return {
        origins: found.addresses.map((address) => originOf('http', address, this.#port)),
        validForMs: found.validForMs,
      }
    })
  }
}

/** SRV records: a target and a port for each instance. Of several priorities only the first is used. */
export class DnsServiceSource implements InstanceSource {
  readonly #scheme: 'http' | 'https'
  readonly #names: NameLookup

  constructor({ name, scheme }: { name: string; scheme: 'http' | 'https' }, options: DnsSourceOptions) {
    this.#scheme = scheme
    this.#names = new NameLookup(name, options)
  }

  next(signal: AbortSignal): Promise<Answer> {
    return this.#names.find(signal, async (name) => {
      const records = await this.#names.services(name)
      const first = Math.min(...records.map(({ priority }) => priority))
      const used = records.filter(({ priority }) => priority === first)
      const targets = await Promise.all(used.map(async ({ name }) => this.#names.addresses(name)))
      const origins = targets.flatMap(({ addresses }, index) =>
        addresses.map((address) => originOf(this.#scheme, address, used[index]?.port ?? 0)),
      )
      return { origins, validForMs: Math.min(srvTtlMs, ...targets.map(({ validForMs }) => validForMs)) }
    })
  }
}

/** Asks for one name, as it is and then within the search domains; where it was found last is asked first. */
class NameLookup {
  readonly #candidates: readonly string[]
  readonly #resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries })
  #known = 0

  constructor(name: string, { servers, searchDomains }: DnsSourceOptions) {
    this.#candidates = name.endsWith('.') ? [name] : [name, ...searchDomains.map((domain) => `${name}.${domain}`)]
    if (servers.length > 0) this.#resolver.setServers(servers)
  }

  async find(signal: AbortSignal, look: (name: string) => Promise<Answer>): Promise<Answer> {
    const cancel = () => this.#resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    let failure: unknown = null
    try {
      for (let offset = 0; offset < this.#candidates.length; offset++) {
        const index = (this.#known + offset) % this.#candidates.length
        try {
          const answer = await look(this.#candidates[index] ?? '')
          if (answer.origins.length === 0) continue
          this.#known = index
          return answer
        } catch (error) {
          // A server that knows nothing of one domain may well know the next.
          failure ??= error
        }
      }
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    if (failure === null) return { origins: [], validForMs: ttlMs.min }
    throw new Error(`cannot be resolved (${codeOf(failure)})`, { cause: failure })
  }

  async addresses(name: string): Promise<{ addresses: string[]; validForMs: number }> {
    const [four, six] = await Promise.all([
      orNone(this.#resolver.resolve4(name, { ttl: true })),
      orNone(this.#resolver.resolve6(name, { ttl: true })),
    ])
    // A name with both has one instance for each address of the fourth kind, and the same ones again for the sixth.
    const records = four.length > 0 ? four : six
    const ttl = Math.min(...records.map((record) => record.ttl * 1_000))
    return {
      addresses: records.map(({ address }) => address),
      validForMs: Math.max(ttlMs.min, Math.min(ttlMs.max, records.length === 0 ? ttlMs.min : ttl)),
    }
  }

  services(name: string) {
    return orNone(this.#resolver.resolveSrv(name))
  }
}

async function orNone<T>(records: Promise<T[]>): Promise<T[]> {
  try {
    return await records
  } catch (error) {
    if (absentCodes.has(codeOf(error))) return []
    throw error
  }
}

function originOf(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? 'unknown')
}

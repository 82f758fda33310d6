import { contracts } from '@parley/catalog/contracts.ts'
import type { ParleyConfigFile } from '@parley/chassis/config/config-file.ts'
import type { FaultInjector } from '@parley/chassis/contract/faults.ts'
import type { SimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import type OpenAI from 'openai'
import type { FloodUpstream } from './flood-upstream.ts'

/** Of every service, in the order of the catalog. */
export const serviceNames: readonly string[] = contracts.map(({ name }) => name)
export type ServiceName = string

/**
 * `one-process-strict` runs within the test's own process, where local calls are copied and checked and faults can be
 * injected; all others are the real programs. `extracted-x` runs service x alone and the others together.
 */
export type Topology = 'one-process-strict' | 'one-process' | `extracted-${ServiceName}` | 'split'

/** The whole system as its clients see it, wherever its parts run, with a simulated provider behind it. */
export interface System extends AsyncDisposable {
  readonly topology: Topology
  /** Of the public port, without a path. */
  readonly url: string
  /** The preset key: of the tenant `default`, with all scopes. */
  readonly key: string
  /** The provider: answers over HTTP, and keeps a log of what it was asked. */
  readonly upstream: SimulatedUpstream
  /** A second provider, which answers with more text than anyone wants. */
  readonly flood: FloodUpstream
  /** An SDK client that does not retry, so that every answer is seen. */
  client(options?: ClientOptions): OpenAI
  /** A tenant of its own with one key. */
  newTenant(options?: NewKey): Promise<Tenant>
  /** Another key; of the tenant `default` unless `tenant` says otherwise. */
  newKey(options?: NewKey): Promise<{ keyId: string; key: string }>
  /** A request to the public port with the preset key, unless `headers` has another one. */
  fetch(path: string, init?: FetchInit): Promise<Response>
  /** Its processes; for one program that starts others, that one. */
  readonly pids: readonly number[]
  /** Everything its processes have written: logs, announcements. */
  output(): string
  /** Ends its processes in good order; rejects when one of them ends badly. */
  stop(): Promise<void>
}

export interface ClientOptions {
  key?: string
  timeoutMs?: number
}

export interface FetchInit {
  method?: string
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is text. */
  body?: unknown
  key?: string | null
  signal?: AbortSignal
}

export interface NewKey {
  tenant?: string
  scopes?: readonly string[]
  requestsPerMinute?: number
  /** Milliseconds since the epoch. */
  expiresAt?: number
}

export interface Tenant {
  readonly tenant: string
  readonly key: string
  readonly client: OpenAI
}

export interface SystemOptions {
  /** Added to, and overruling, what the harness sets. */
  env?: Readonly<Record<string, string>>
  /** What `parley.config.ts` says, given where the providers are; plain data. */
  configFile?: (providers: { upstreamUrl: string; floodUrl: string }) => ParleyConfigFile
  /** Only for `one-process-strict`. */
  faults?: FaultInjector
  /** What its clients send their requests with, where that is not the one of this runtime. */
  fetch?: typeof fetch
}

import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { EnvReader } from '../config/env-reader.ts'
import type { FileSections } from '../config/file-sections.ts'
import type { Settings } from '../config/setting.ts'
import type { CallScope } from '../contract/call-scope.ts'
import type { CallsOf, Contract } from '../contract/define-contract.ts'
import type { ShownInstance } from '../discovery/instance-set.ts'
import type { EventPublisher } from '../events/publisher.ts'
import type { Subscription } from '../events/subscription.ts'
import type { Migration } from '../store/migrations.ts'
import type { Store } from '../store/store.ts'
import type { Tracer } from '../telemetry/tracing/tracer.ts'
import type { Clock } from '../values/clock.ts'
import type { CallContext } from '../values/context.ts'
import type { NewId } from '../values/ids.ts'

/** Contracts that a service calls, by the name it knows them under. */
export type Needs = Record<string, Contract>

/** What background work continues; every call context is one. */
export type Cause = Pick<CallContext, 'correlationId' | 'causationId' | 'traceparent' | 'tracestate'>

/** Everything the chassis gives to a service when it starts. */
export interface ServiceKit<Config, Schema, N extends Needs> {
  readonly config: Config
  /** The service's own database. Stateless services have none and must not touch it. */
  readonly store: Store<Schema>
  readonly events: EventPublisher
  /** One client per needed contract; whether the callee is in this process is not visible. */
  readonly clients: { readonly [Name in keyof N]: CallsOf<N[Name]> }
  /** Other instances of this very service, when it `reaches` them and is one of several behind one address; else null. */
  readonly siblings: Siblings | null
  /**
   * A context for work that no caller waits for: a subscription's follow-up, a timer. It continues `cause` (its
   * correlation and trace) when there is one, as a span of that trace when it is given a name. Close it when the work is
   * done; `end` aborts everything done within it.
   */
  backgroundContext(options: { tenant: string; deadlineMs: number; cause?: Cause; span?: string }): CallScope
  readonly clock: Clock
  readonly newId: NewId
  readonly log: Logger
  readonly metrics: Registry
  /** For spans besides those of calls, events and background work; null when nothing is traced. */
  readonly tracer: Tracer | null
  /** Who runs where, for display. */
  readonly topology: Topology
}

export interface Siblings {
  /** Where this instance is reached by the others. */
  readonly url: string
  /** The calls of the instance at `url`. */
  at<C extends Contract>(contract: C, url: string): CallsOf<C>
}

export interface Topology {
  readonly services: readonly PlacementRow[]
}

export interface PlacementRow {
  readonly service: string
  readonly placement: 'local' | 'remote' | 'elsewhere'
  /** Where it is, or who knows its instances. */
  readonly url: string | null
  /** Of a service elsewhere: its processes as they are now. */
  readonly instances?: readonly ShownInstance[]
}

/** A running service. */
export interface ServiceInstance<C extends Contract, Config = unknown> {
  readonly calls: CallsOf<C>
  readonly subscriptions?: readonly Subscription[]
  /** Routes for clients outside the system; only the gateway has them. Served on the public port. */
  readonly publicRoutes?: (app: FastifyInstance) => void | Promise<void>
  /** What a person who starts the program wants to see first, given where the public port listens. */
  readonly welcome?: (url: string) => Promise<string>
  /** Reasons why the service cannot work right now, in words; none means ready. */
  readonly notReady?: () => readonly string[]
  /** It has an answer for callers while its database server is away, so that it stays ready. */
  readonly goesOnWithoutStore?: boolean
  /** Called once everything is wired and calls can be made: take up work left by an earlier process, start timers. */
  readonly start?: () => Promise<void>
  /** Stops taking work and waits for what is under way, until `signal` aborts. */
  readonly drain?: (signal: AbortSignal) => Promise<void>
  /**
   * Takes over what may change while it runs: calls made from now on go by `config`, those under way by what they began
   * with. Called after the whole configuration was found to be in order, so it must not fail.
   */
  readonly reconfigure?: (config: Config) => void
  readonly close?: () => Promise<void>
}

export interface ServiceDefinition<C extends Contract, Config, Schema, N extends Needs> {
  readonly contract: C
  readonly needs: N
  /** Whom it calls besides `needs`, which a deployment has to let it: its other instances, or providers on the internet. */
  readonly reaches?: readonly ('siblings' | 'providers')[]
  /** Null for a stateless service: it gets no database. */
  readonly migrations: readonly Migration[] | null
  /** The service's own settings: the reference, `parley config check` and generated deployments show them. */
  readonly settings: Settings
  /** The parts of the configuration file that it reads besides `settings`. */
  readonly fileSections?: FileSections
  /** Reads the settings; problems are collected by the reader and reported together. */
  loadConfig(env: EnvReader): Config
  create(kit: ServiceKit<Config, Schema, N>): ServiceInstance<C, Config> | Promise<ServiceInstance<C, Config>>
}

/** A service as the runtime sees it, whatever its types. */
// biome-ignore lint/suspicious/noExplicitAny: the runtime pairs each definition only with its own config and schema
export type AnyService = ServiceDefinition<any, any, any, any>

export function defineService<C extends Contract, Config, Schema, N extends Needs>(
  definition: ServiceDefinition<C, Config, Schema, N>,
): ServiceDefinition<C, Config, Schema, N> {
  return definition
}

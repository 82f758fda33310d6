import type { Logger } from 'pino'
import type { CalledInstance, Callee } from '../contract/callee.ts'
import { unavailable } from '../contract/failures.ts'
import type { Clock } from '../values/clock.ts'
import type { Timers } from '../values/timers.ts'
import { Instance, type InstancePeer } from './instance.ts'

export interface InstanceSetOptions {
  readonly service: string
  /** How the instances are found, as people read it. */
  readonly address: string
  readonly peerAt: (origin: string, onChecked: () => void) => InstancePeer
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
  /** From 0 to below 1. */
  readonly random: () => number
}

/** One instance, for display. */
export interface ShownInstance {
  readonly url: string
  readonly state: Instance['state']
}

/**
 * The instances of one service, and which of them gets a call: of two picked by chance the one with fewer calls under way
 * ("the power of two choices"), among those that are known to work. When none is, any that may work is tried, so that a
 * fault of everything is over as soon as the first instance is back.
 *
 * Invariant: an instance with another contract gets no call. One that has gone gets no new call and ends those it has.
 */
export class InstanceSet implements Callee, AsyncDisposable {
  readonly #options: InstanceSetOptions
  readonly #instances = new Map<string, Instance>()
  readonly #retired = new Set<Instance>()
  #usable: readonly Instance[] = []
  #possible: readonly Instance[] = []
  #problem: string | null = null
  #wasReady = false
  #isStarted = false
  ejections = 0
  failures = 0

  constructor(options: InstanceSetOptions) {
    this.#options = options
  }

  get shown(): readonly ShownInstance[] {
    return [...this.#instances.values()].map(({ origin, state }) => ({ url: origin, state }))
  }

  get service(): string {
    return this.#options.service
  }

  /** Starts to compare contracts, of the present instances and of those to come. */
  start(): void {
    this.#isStarted = true
    for (const { peer } of this.#instances.values()) peer.start()
  }

  /** These are the instances from now on. */
  update(origins: readonly string[]): void {
    const { service, log } = this.#options
    const wanted = new Set(origins)
    const gone = [...this.#instances.values()].filter(({ origin }) => !wanted.has(origin))
    const added = [...wanted].filter((origin) => !this.#instances.has(origin))
    for (const instance of gone) this.#retire(instance)
    for (const origin of added) this.#add(origin)
    if (wanted.size > 0) this.#problem = null
    else this.#problem = 'names no instance'
    if (gone.length + added.length === 0) return
    log.info({ service, instances: [...wanted], added: added.length, gone: gone.length }, 'instances have changed')
    this.#sort()
  }

  /** The present instances stay in use, if there are any. */
  cannotTell(problem: string, failures: number): void {
    const { service, address, log } = this.#options
    this.failures++
    if (this.#instances.size === 0) this.#problem = problem
    // Once when it begins, and then seldom: it is tried again every few seconds.
    if (failures === 1 || failures % 30 === 0) {
      const kept = this.#instances.size
      log.warn(
        { service, address, problem, kept, failures },
        'instances cannot be found out, the last ones stay in use',
      )
    }
  }

  begin(): CalledInstance {
    const { length } = this.#usable
    const chosen = length === 1 ? this.#usable[0] : length > 1 ? this.#pick(this.#usable) : this.#pickPossible()
    if (chosen === undefined) throw this.#none()
    chosen.outstanding++
    return chosen
  }

  beginElsewhere(refusing: CalledInstance): CalledInstance | null {
    const others = this.#usable.filter((instance) => instance !== refusing)
    const chosen = others.length === 0 ? undefined : this.#pick(others)
    if (chosen === undefined) return null
    chosen.outstanding++
    return chosen
  }

  /** Empty once some instance has been usable; one that is down later on is no reason to get no traffic. */
  notReady(): readonly string[] {
    if (this.#usable.length > 0) this.#wasReady = true
    const instances = [...this.#instances.values()]
    const areUnfit = instances.length > 0 && instances.every(({ state }) => state === 'unfit')
    if (this.#wasReady && !areUnfit) return []
    if (instances.length > 0) return instances.flatMap(({ peer }) => peer.notReady())
    const { service, address } = this.#options
    return [`${service} cannot be reached: ${address} ${this.#problem ?? 'has not answered yet'}`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#instances.values(), ...this.#retired]
    await Promise.all(all.map((instance) => instance[Symbol.asyncDispose]()))
  }

  #add(origin: string): void {
    const { service, peerAt, clock, timers, log } = this.#options
    const instance = new Instance({
      service,
      origin,
      peer: peerAt(origin, () => this.#sort()),
      clock,
      timers,
      log,
      hasOthers: () => this.#instances.size > 1,
      mayDoWithout: () => this.#usable.length * 2 > this.#instances.size && this.#usable.length > 1,
      onChange: () => this.#sort(),
      onEjected: () => this.ejections++,
    })
    this.#instances.set(origin, instance)
    if (this.#isStarted) instance.peer.start()
  }

  #retire(instance: Instance): void {
    this.#instances.delete(instance.origin)
    this.#retired.add(instance)
    void instance.retire().finally(() => this.#retired.delete(instance))
  }

  #sort(): void {
    const instances = [...this.#instances.values()]
    this.#usable = instances.filter(({ state }) => state === 'usable')
    this.#possible = instances.filter(({ state }) => state !== 'unfit')
  }

  #pick(among: readonly Instance[]): Instance | undefined {
    const { random } = this.#options
    const first = Math.floor(random() * among.length)
    if (among.length === 1) return among[first]
    // Any but the first: counted from behind it, round the end.
    const second = (first + 1 + Math.floor(random() * (among.length - 1))) % among.length
    return better(among[first], among[second])
  }

  #pickPossible(): Instance | undefined {
    return this.#possible.length === 0 ? undefined : this.#pick(this.#possible)
  }

  #none(): Error {
    const { service, address } = this.#options
    for (const { peer } of this.#instances.values()) peer.assertCompatible()
    return unavailable(service, new Error(`${address} ${this.#problem ?? 'has not answered yet'}`))
  }
}

function better(one: Instance | undefined, other: Instance | undefined): Instance | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (one.isSuspect !== other.isSuspect) return one.isSuspect ? other : one
  return other.outstanding < one.outstanding ? other : one
}

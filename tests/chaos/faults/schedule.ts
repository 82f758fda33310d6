import type { Random } from '../random.ts'
import type { StoreKind } from '../rig/backing.ts'
import type { Direction } from '../rig/chaos-proxy.ts'
import { databaseLink, leaseMs, upstreamLink } from '../rig/rig.ts'
import { type ChaosTopology, processNames, processOf, type ServiceName, secondResponse } from '../rig/topology.ts'
import { type CrashPoint, crashPointNames } from './crash-point.ts'

export const faultKinds = ['kill', 'point', 'fsync', 'stop', 'term', 'cut', 'hold', 'slow', 'reset'] as const
export type FaultKind = (typeof faultKinds)[number]

/** One thing that goes wrong. `pauseMs` passes between the one before and it. */
export type PlannedFault = { readonly pauseMs: number } & (
  | { readonly kind: 'kill' | 'term'; readonly process: string }
  /** The process that comes to `point` waits there while `process` is killed. */
  | { readonly kind: 'point'; readonly point: CrashPoint; readonly process: string }
  /** Killed by the system at a sync of its files, the `nth` from now. */
  | { readonly kind: 'fsync'; readonly process: string; readonly nth: number }
  | { readonly kind: 'stop'; readonly process: string; readonly forMs: number }
  | { readonly kind: 'cut'; readonly link: string; readonly forMs: number }
  | { readonly kind: 'hold'; readonly link: string; readonly forMs: number; readonly directions: readonly Direction[] }
  | {
      readonly kind: 'slow'
      readonly link: string
      readonly forMs: number
      readonly latencyMs: number
      readonly bytesPerSecond: number
    }
  | { readonly kind: 'reset'; readonly link: string; readonly bytes: number }
)

export interface ScheduleOptions {
  readonly topology: ChaosTopology
  readonly store: StoreKind
  readonly random: Random
  /** How many processes are killed, whatever the manner. */
  readonly kills: number
  readonly kinds: readonly FaultKind[]
  /** Pairs of a point and a service that are to be killed there, in this order; drawn when there are too few. */
  readonly pairs: readonly PointPair[]
  /** How many faults that kill nothing; null for as many as there are kinds, and a fourth of the kills. */
  readonly others: number | null
}

export interface PointPair {
  readonly point: CrashPoint
  readonly service: ServiceName
}

const killing: ReadonlySet<FaultKind> = new Set(['kill', 'point', 'fsync'])

export function isKilling(kind: FaultKind): boolean {
  return killing.has(kind)
}

/** Everything that will go wrong, decided by the seed alone. */
export function planFaults(options: ScheduleOptions): PlannedFault[] {
  const { random, kills, kinds } = options
  const killKinds = kinds.filter(isKilling)
  const atAnyTime = killKinds.filter((kind) => kind !== 'point')
  const otherKinds = kinds.filter((kind) => !isKilling(kind))
  const pairs = [...options.pairs]
  const planned: PlannedFault[] = []
  for (let index = 0; index < kills && killKinds.length > 0; index++) {
    // Pairs first: they are the moments that chance would hardly hit.
    const isPoint = killKinds.includes('point') && pairs.length > 0
    const kind = isPoint ? 'point' : random.pick(atAnyTime.length === 0 ? killKinds : atAnyTime)
    planned.push(planOne(kind, options, pairs))
  }
  const enough = Math.max(otherKinds.length, Math.ceil(kills / 4))
  const others = otherKinds.length === 0 ? 0 : (options.others ?? enough)
  for (let index = 0; index < others; index++) {
    const kind = otherKinds[index % otherKinds.length]
    if (kind !== undefined) planned.push(planOne(kind, options, pairs))
  }
  return random.shuffled(planned)
}

function planOne(kind: FaultKind, { topology, store, random }: ScheduleOptions, pairs: PointPair[]): PlannedFault {
  const pauseMs = random.integer(50, 600)
  const process = random.pick(processNames(topology))
  const link = random.pick(linksOf(topology, store))
  const forMs = random.integer(300, 1_500)
  switch (kind) {
    case 'kill':
    case 'term':
      return { kind, pauseMs, process }
    case 'point': {
      const pair = pairs.shift()
      const point = pair?.point ?? random.pick(crashPointNames)
      return { kind, pauseMs, point, process: pair === undefined ? process : processOf(topology, pair.service) }
    }
    case 'fsync':
      return {
        kind,
        pauseMs,
        process: processOf(topology, random.pick(['request', 'response'])),
        nth: random.integer(1, 8),
      }
    case 'stop':
      return { kind, pauseMs, process, forMs: leaseMs + random.integer(500, 1_500) }
    case 'cut':
      return { kind, pauseMs, link, forMs }
    case 'hold':
      return { kind, pauseMs, link, forMs, directions: random.pick(holds) }
    case 'slow':
      return {
        kind,
        pauseMs,
        link,
        forMs,
        latencyMs: random.integer(20, 80),
        bytesPerSecond: random.integer(20, 200) * 1_024,
      }
    case 'reset':
      return { kind, pauseMs, link, bytes: random.integer(1, 20_000) }
  }
}

const holds: readonly (readonly Direction[])[] = [['to-server'], ['to-client'], ['to-server', 'to-client']]

function linksOf(topology: ChaosTopology, store: StoreKind): string[] {
  const names = processNames(topology)
  const servers = store === 'postgres' ? [upstreamLink, databaseLink] : [upstreamLink]
  return names.length === 1 ? servers : [...servers, ...names.filter((name) => name !== secondResponse)]
}

/** Every point with every service, in an order that the seed decides. */
export function allPairs(random: Random, services: readonly ServiceName[]): PointPair[] {
  return random.shuffled(crashPointNames.flatMap((point) => services.map((service) => ({ point, service }))))
}

export function describeFault(fault: PlannedFault): string {
  const { kind, pauseMs, ...rest } = fault
  const parts = Object.entries(rest).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('+') : value}`)
  return `+${pauseMs} ms ${kind} ${parts.join(' ')}`
}

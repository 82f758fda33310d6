import { parseArgs } from 'node:util'
import { type CrashPoint, crashPointNames } from './faults/crash-point.ts'
import { type FaultKind, faultKinds, type PointPair } from './faults/schedule.ts'
import { type StoreKind, storeKinds, type TransportKind, transportKinds } from './rig/backing.ts'
import { type ChaosTopology, chaosTopologies, isTopology, type ServiceName, serviceNames } from './rig/topology.ts'
import { defaultFaults } from './run/combination.ts'

export interface ChaosOptions {
  readonly seed: number
  /** Of all combinations together. */
  readonly kills: number
  readonly topologies: readonly ChaosTopology[]
  readonly stores: readonly StoreKind[]
  readonly transports: readonly TransportKind[]
  /** No fault begins after so long, in each combination. */
  readonly faultsMaxMs: number
  readonly faults: readonly FaultKind[]
  /** Pairs of a point and a service to kill there, in this order; null for the turn of each system. */
  readonly pairs: readonly PointPair[] | null
  readonly scenario: string | null
  readonly workers: number
  readonly jsonPath: string | null
  /** In which everything has to fit, as far as fewer faults can help; null when it takes as long as it takes. */
  readonly wholeMs: number | null
  /** Systems at a time. */
  readonly parallel: number
  /** Faults that kill nothing, in each system; null for one of each kind at least. */
  readonly others: number | null
  /** Says one line of each system. */
  readonly isTerse: boolean
}

export const usage = `npm run chaos -- [options]
  --seed N            repeats a schedule of faults (default: drawn, and printed)
  --kills K           processes to kill, over all systems together (default 12)
  --topology T,…      ${chaosTopologies.join(' | ')}
  --store S,…         sqlite | postgres
  --transport T,…     direct | kafka
  --minutes M         no fault begins after so long in any one system (default 0.25)
  --faults F,…        ${faultKinds.join(' | ')}
  --pairs P/S,…       points and services to kill there, as a run that did not meet them all says it
  --workers W         clients at work at a time (default 8)
  --scenario NAME     resume | one-key | rolling-restart | drain, instead of faults
  --long              every topology, store and transport; at least 500 kills, in about half an hour
  --others N          faults of other kinds, in each system (default: one of each at least; with --long 2)
  --within M          minutes for everything: the more systems are left, the fewer faults has each
  --parallel P        systems at a time (default 1; with --long 2)
  --json FILE         writes the result there as well`

const long = { kills: 600, minutes: 2, within: '30', others: '2', parallel: 2, topologies: chaosTopologies }
const short = {
  kills: 12,
  minutes: 0.25,
  within: undefined,
  others: undefined,
  parallel: 1,
  topologies: ['one', 'split'] as const,
}

/** Throws an error with words for the user. */
export function readOptions(args: readonly string[], drawSeed: () => number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      kills: { type: 'string' },
      topology: { type: 'string' },
      store: { type: 'string' },
      transport: { type: 'string' },
      minutes: { type: 'string' },
      faults: { type: 'string' },
      pairs: { type: 'string' },
      workers: { type: 'string' },
      scenario: { type: 'string' },
      json: { type: 'string' },
      others: { type: 'string' },
      within: { type: 'string' },
      parallel: { type: 'string' },
      long: { type: 'boolean', default: false },
    },
  })
  const base = values.long ? long : short
  return {
    seed: wholeNumber('seed', values.seed, drawSeed(), { min: 0, max: 2 ** 32 - 1 }),
    kills: wholeNumber('kills', values.kills, base.kills, { min: 0, max: 100_000 }),
    topologies: listOf('topology', values.topology, isTopology) ?? base.topologies,
    stores: listOf('store', values.store, oneOf(storeKinds)) ?? storeKinds,
    transports: listOf('transport', values.transport, oneOf(transportKinds)) ?? transportKinds,
    faultsMaxMs: number('minutes', values.minutes, base.minutes) * 60_000,
    faults: listOf('faults', values.faults, oneOf<FaultKind>(faultKinds)) ?? defaultFaults,
    pairs: listOf('pairs', values.pairs, isPair)?.map(toPair) ?? null,
    scenario: values.scenario ?? null,
    workers: wholeNumber('workers', values.workers, 8, { min: 1, max: 200 }),
    jsonPath: values.json ?? null,
    wholeMs: optional(values.within ?? base.within, (text) => number('within', text, 0) * 60_000),
    parallel: wholeNumber('parallel', values.parallel, base.parallel, { min: 1, max: 8 }),
    others: optional(values.others ?? base.others, (text) => wholeNumber('others', text, 0, { min: 0, max: 100 })),
    isTerse: values.long,
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number, bounds: { min: number; max: number }) {
  const value = number(name, text, fallback)
  if (Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return value
  throw new Error(`--${name} must be a whole number from ${bounds.min} to ${bounds.max}`)
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | null {
  return text === undefined ? null : read(text)
}

function number(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number`)
  return value
}

function listOf<T extends string>(
  name: string,
  text: string | undefined,
  isKnown: (value: string) => value is T,
): T[] | null {
  if (text === undefined) return null
  return text.split(',').map((value) => {
    if (isKnown(value)) return value
    throw new Error(`--${name} does not know ${value}\n${usage}`)
  })
}

type PairWords = `${CrashPoint}/${ServiceName}`

function isPair(value: string): value is PairWords {
  const [point, service, ...rest] = value.split('/')
  return rest.length === 0 && oneOf(crashPointNames)(point ?? '') && serviceNames.includes(service ?? '')
}

function toPair(words: PairWords): PointPair {
  const [point, service] = words.split('/') as [CrashPoint, ServiceName]
  return { point, service }
}

function oneOf<T extends string>(known: readonly T[]): (value: string) => value is T {
  return (value): value is T => known.some((each) => each === value)
}

import { parseArgs } from 'node:util'
import { DEFAULT_DURATIONS, type Durations, QUICK_DURATIONS } from './settings.ts'

export const WORKLOADS = [
  'json',
  'stream',
  'paced',
  'memory',
  'session',
  'start',
  'stores',
  'dialects',
  'tracing',
] as const
export type Workload = (typeof WORKLOADS)[number]

/** A short run has no time for everything. */
const QUICK_WORKLOADS = WORKLOADS.filter((workload) => workload !== 'stores' && workload !== 'tracing')

export interface Options {
  readonly quick: boolean
  readonly workloads: ReadonlySet<Workload>
  readonly peer: 'portkey' | 'none'
  readonly durations: Durations
}

export const USAGE = `npm run bench -- [options]
  --quick            one short round, under 90 seconds
  --only <list>      of ${WORKLOADS.join(', ')} (default: all; with --quick all but stores and tracing)
  --rounds <n>       rounds over all subjects (default ${DEFAULT_DURATIONS.rounds}, quick ${QUICK_DURATIONS.rounds})
  --peer <name>      portkey (default) or none`

/** Throws an Error whose message is fit to be shown. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      peer: { type: 'string', default: 'portkey' },
    },
  })
  const { quick, peer } = values
  if (peer !== 'portkey' && peer !== 'none') throw new Error('--peer must be portkey or none')
  const durations = quick ? QUICK_DURATIONS : DEFAULT_DURATIONS
  return {
    quick,
    workloads: values.only === undefined ? new Set(quick ? QUICK_WORKLOADS : WORKLOADS) : parseWorkloads(values.only),
    peer,
    durations: values.rounds === undefined ? durations : { ...durations, rounds: parseRounds(values.rounds) },
  }
}

function parseWorkloads(text: string): ReadonlySet<Workload> {
  const names = text.split(',').map((name) => name.trim())
  const workloads = WORKLOADS.filter((workload) => names.includes(workload))
  if (workloads.length !== names.length) throw new Error(`--only takes a list of ${WORKLOADS.join(', ')}`)
  return new Set(workloads)
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 20) return rounds
  throw new Error('--rounds must be a whole number from 1 to 20')
}

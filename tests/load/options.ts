import { parseArgs } from 'node:util'
import { type Workload, workloads } from './workload-names.ts'

export const kinds = ['smoke', 'load', 'stress', 'soak', 'spike', 'streams'] as const
export type Kind = (typeof kinds)[number]
export type LoadTopology = 'one' | 'split'

export interface LoadOptions {
  readonly kind: Kind
  readonly workloads: readonly Workload[]
  /** The whole run, without starting and checking. */
  readonly withinSeconds: number
  /** A run of the same kind before the one that counts; 0 for none. */
  readonly warmUpSeconds: number
  /** The most users of a workload at a time, or the most iterations per second. */
  readonly peak: number
  /** Streams to hold open, for `streams`. */
  readonly streams: readonly number[]
  /** A Parley that runs already; null for one of this run's own. */
  readonly running: { readonly url: string; readonly key: string; readonly model: string } | null
  readonly topology: LoadTopology
  /** How long 95 of 100 chat completions, and first events of streams, may take under `load`. */
  readonly p95Ms: number
  readonly jsonPath: string | null
}

export const usage = `npm run load -- smoke | load | stress | soak | spike | streams [options]
  --within S         seconds for the whole run (default: smoke 15, load 300, stress 300, soak 3600, spike 180)
  --warm-up S        seconds of the same load before what counts (default 0)
  --workload W,…     ${workloads.join(' | ')} (default: all three at once)
  --peak N           users, or iterations per second, of each workload (default: load 8, stress 100, soak 8, spike 100)
  --p95 MS           for load: how long 95 of 100 answers, and first events of streams, may take (default 2000)
  --topology T       one | split, of the Parley that it starts (default one)
  --url U --key K    a Parley that runs already instead; the key needs the scope operator, or nothing is checked afterwards
  --model M          the model to ask for there (default: simulated)
  --streams N,…      how many streams to hold open, for streams (default 1000,5000)
  --json FILE        writes the result there as well`

const defaults: Readonly<Record<Kind, { within: number; peak: number }>> = {
  smoke: { within: 15, peak: 1 },
  load: { within: 300, peak: 8 },
  stress: { within: 300, peak: 100 },
  soak: { within: 3_600, peak: 8 },
  spike: { within: 180, peak: 100 },
  streams: { within: 10, peak: 1 },
}

/** Throws an error with words for the user. */
export function readOptions(args: readonly string[]): LoadOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      within: { type: 'string' },
      'warm-up': { type: 'string' },
      workload: { type: 'string', default: workloads.join() },
      peak: { type: 'string' },
      p95: { type: 'string', default: '2000' },
      topology: { type: 'string', default: 'one' },
      url: { type: 'string' },
      key: { type: 'string' },
      model: { type: 'string', default: 'simulated' },
      streams: { type: 'string', default: '1000,5000' },
      json: { type: 'string' },
    },
  })
  const kind = oneOf(positionals[0] ?? '', kinds, 'what to run')
  const { url, key = process.env['PARLEY_API_KEY'] ?? '', model } = values
  return {
    kind,
    workloads: values.workload.split(',').map((name) => oneOf(name, workloads, '--workload')),
    withinSeconds: whole(values.within ?? String(defaults[kind].within), '--within'),
    warmUpSeconds: values['warm-up'] === undefined ? 0 : whole(values['warm-up'], '--warm-up'),
    peak: whole(values.peak ?? String(defaults[kind].peak), '--peak'),
    streams: values.streams.split(',').map((count) => whole(count, '--streams')),
    running: url === undefined ? null : { url: url.replace(/\/+$/, ''), key, model },
    topology: oneOf(values.topology, ['one', 'split'], '--topology'),
    p95Ms: whole(values.p95, '--p95'),
    jsonPath: values.json ?? null,
  }
}

function oneOf<const T extends string>(text: string, names: readonly T[], what: string): T {
  const found = names.find((name) => name === text)
  if (found === undefined) throw new Error(`${what} must be one of: ${names.join(', ')}\n\n${usage}`)
  return found
}

function whole(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} must be a whole number from 1`)
  return value
}

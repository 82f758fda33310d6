import { parseArgs } from 'node:util'
import { type Client, clients } from './clients.ts'
import { type Topology, topologies } from './outcome.ts'

export interface Options {
  readonly topology: Topology
  readonly clients: readonly Client[]
  /** The table of the documentation is rewritten; only a run of all clients may do that. */
  readonly writesTable: boolean
}

export const USAGE = `npm run clients -- [options]
  --topology <name>  one (default): one process · split: a process per service
  --only <list>      of ${clients.map(({ id }) => id).join(', ')} (default: all)`

/** Throws an Error whose message is fit to be shown. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { topology: { type: 'string', default: 'one' }, only: { type: 'string' } },
  })
  const topology = topologies.find((name) => name === values.topology)
  if (topology === undefined) throw new Error(`--topology must be ${topologies.join(' or ')}`)
  if (values.only === undefined) return { topology, clients, writesTable: true }
  const names = values.only.split(',').map((name) => name.trim())
  const chosen = clients.filter(({ id }) => names.includes(id))
  if (chosen.length !== names.length) {
    throw new Error(`--only takes a list of ${clients.map(({ id }) => id).join(', ')}`)
  }
  return { topology, clients: chosen, writesTable: false }
}

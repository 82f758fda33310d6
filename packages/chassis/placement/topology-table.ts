import { shownAddress } from '../discovery/service-address.ts'
import type { Placement } from './resolve-placement.ts'

/** Who runs where and what carries the events. */
export interface ShownTopology {
  readonly placements: readonly Placement[]
  /** Null when events go straight to their subscribers. */
  readonly kafka: { readonly brokers: readonly string[] } | null
  /** The instances that were found of a service, as people read them, by its name. */
  readonly found?: ReadonlyMap<string, string>
}

/** The topology as seen from this process: one line per service, and one for the events. */
export function topologyTable({ placements, kafka, found = new Map() }: ShownTopology): string {
  const events = kafka === null ? ['direct', 'straight to their subscribers'] : ['kafka', kafka.brokers.join(', ')]
  const rows = [
    ...placements.map((row) => [row.service, row.placement, detail(row, found.get(row.service))]),
    ['events', ...events],
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
}

function detail(row: Placement, found: string | undefined): string {
  if (row.placement === 'local') return 'in this process'
  if (row.placement === 'elsewhere') return 'not needed here'
  return found === undefined ? shownAddress(row.address) : `${shownAddress(row.address)} → ${found}`
}

import type { Placement } from './resolve-placement.ts'

/** Who runs where and what carries the events. */
export interface ShownTopology {
  readonly placements: readonly Placement[]
  /** Null when events go straight to their subscribers. */
  readonly kafka: { readonly brokers: readonly string[] } | null
}

/** The topology as seen from this process: one line per service, and one for the events. */
export function topologyTable({ placements, kafka }: ShownTopology): string {
  const events = kafka === null ? ['direct', 'straight to their subscribers'] : ['kafka', kafka.brokers.join(', ')]
  const rows = [...placements.map((row) => [row.service, row.placement, detail(row)]), ['events', ...events]]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
}

function detail(row: Placement): string {
  if (row.placement === 'local') return 'in this process'
  return row.placement === 'remote' ? row.url.origin : 'not needed here'
}

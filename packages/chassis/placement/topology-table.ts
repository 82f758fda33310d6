import type { Placement } from './resolve-placement.ts'

/** Who runs where, as seen from this process: one line per service. */
export function topologyTable(placements: readonly Placement[]): string {
  const rows = placements.map((row) => [row.service, row.placement, detail(row)])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
}

function detail(row: Placement): string {
  if (row.placement === 'local') return 'in this process'
  return row.placement === 'remote' ? row.url.origin : 'not needed here'
}

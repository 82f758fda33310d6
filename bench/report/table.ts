/** Lines of a plain text table; the first column is aligned left, the others right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  const [header = [], ...body] = rows
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line)]
}

/** At most three figures, more only for whole numbers; an en dash for what was not measured. */
export function figure(value: number | undefined, unit = ''): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`
}

export function pair(first: number, second: number): string {
  return Number.isNaN(first) ? '–' : `${figure(first)} / ${figure(second)} ms`
}

export function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`
}

/** From this share of two cores on, other processes disturbed enough to doubt a throughput or a p99. */
export const NOISY_SHARE = 0.05

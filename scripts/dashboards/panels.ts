import type { Panel, Query, Unit } from './dashboard.ts'

interface PanelOptions {
  readonly description: string
  readonly unit?: Unit
  readonly width?: number
}

export function timeseries(title: string, options: PanelOptions, ...queries: readonly Query[]): Panel {
  const { description, unit = 'short', width = 12 } = options
  return { title, description, kind: 'timeseries', unit, width, queries }
}

export function stat(title: string, options: PanelOptions, query: Query): Panel {
  const { description, unit = 'short', width = 4 } = options
  return { title, description, kind: 'stat', unit, width, queries: [query] }
}

export function table(title: string, options: PanelOptions, query: Query): Panel {
  const { description, unit = 'none', width = 12 } = options
  return { title, description, kind: 'table', unit, width, queries: [query] }
}

export function query(expr: string, legend: string, needs?: Query['needs']): Query {
  return needs === undefined ? { expr, legend } : { expr, legend, needs }
}

/** The duration below which that share of the observations lay, by `labels`. */
export function quantile(share: number, histogram: string, labels: readonly string[]): string {
  return `histogram_quantile(${share}, sum by (${[...labels, 'le'].join(', ')}) (rate(${histogram}[$__rate_interval])))`
}

/** A dashboard as it is written here; `renderDashboard` makes Grafana's JSON of it, and tests run its queries. */
export interface Dashboard {
  /** Names the file and the address. */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** What the reader picks at the top. */
  readonly variables: readonly Variable[]
  readonly rows: readonly Row[]
}

export interface Variable {
  readonly name: string
  readonly label: string
  /** A PromQL `label_values` query. */
  readonly values: { readonly metric: string; readonly label: string }
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Panel {
  readonly title: string
  /** What it shows and what to make of it. */
  readonly description: string
  readonly kind: 'timeseries' | 'stat' | 'table'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Of the 24 columns of a row. */
  readonly width: number
}

/** Grafana's names. */
export type Unit = 'short' | 's' | 'reqps' | 'percentunit' | 'bytes' | 'none' | 'cps'

export interface Query {
  /** PromQL; `$__rate_interval` and the dashboard's variables are filled in by Grafana. */
  readonly expr: string
  readonly legend: string
  /** What it needs to have data, besides a system under load; the reason why a test may find none. */
  readonly needs?: 'kafka' | 'postgres' | 'an alert'
}

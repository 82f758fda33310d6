/** One thing to compare between the pods of a new version and those of the present one. More is worse. */
export interface Check {
  readonly name: string
  /** PromQL for one number; `pods` selects by labels, `window` is a duration such as `5m`. */
  readonly query: (pods: string, window: string) => string
  /** Up to here it is well, however the present version does. */
  readonly max: number
  /** Beyond that, up to so many times what the present version shows. */
  readonly timesStable?: number
}

const failed = 'outcome=~"failed|contract|timeout|unknown-outcome"'

/** What must not get worse with a new version. */
export const checks: readonly Check[] = [
  { name: 'pods that are not ready', query: (pods) => `sum(1 - parley_ready{${pods}})`, max: 0 },
  {
    name: 'restarts',
    query: (pods, window) => `sum(changes(process_start_time_seconds{${pods}}[${window}]))`,
    max: 0,
  },
  {
    name: "share of clients' requests that failed",
    query: (pods, window) => share('parley_gateway_requests_total', pods, 'status=~"5.."', window),
    max: 0.005,
    timesStable: 1.5,
  },
  {
    name: "share of other services' calls that failed",
    query: (pods, window) => share('parley_served_calls_total', pods, failed, window),
    max: 0.005,
    timesStable: 1.5,
  },
  {
    name: 'seconds until clients are answered, 95 of 100',
    query: (pods, window) => percentile('parley_gateway_request_duration_seconds', pods, window),
    max: 0.25,
    timesStable: 1.3,
  },
  {
    name: 'seconds until calls are answered, 95 of 100',
    query: (pods, window) => percentile('parley_served_call_duration_seconds', pods, window),
    max: 0.1,
    timesStable: 1.3,
  },
  {
    name: 'age of the oldest event to be published, in seconds',
    query: (pods) => `max(parley_outbox_oldest_seconds{${pods}})`,
    max: 10,
    timesStable: 2,
  },
  {
    name: 'event loop delay, 99 of 100, in seconds',
    query: (pods) => `max(nodejs_eventloop_lag_p99_seconds{${pods}})`,
    max: 0.2,
    timesStable: 2,
  },
]

/** How much the pods had to do: without that nothing can be said of them. */
export function trafficQuery(pods: string, window: string): string {
  const increase = (metric: string) => `(sum(increase(${metric}{${pods}}[${window}])) or vector(0))`
  return `${increase('parley_gateway_requests_total')} + ${increase('parley_served_calls_total')}`
}

function share(metric: string, pods: string, bad: string, window: string): string {
  const rate = (labels: string) => `sum(rate(${metric}{${labels}}[${window}]))`
  return `(${rate(`${pods},${bad}`)} or vector(0)) / ${rate(pods)}`
}

function percentile(metric: string, pods: string, window: string): string {
  return `histogram_quantile(0.95, sum by (le) (rate(${metric}_bucket{${pods}}[${window}])))`
}

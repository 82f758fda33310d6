import type { Dashboard } from './dashboard.ts'
import { quantile, query, timeseries } from './panels.ts'

const ofService = 'and on (job, instance) parley_service_info{service="$service"}'

export const oneService: Dashboard = {
  uid: 'parley-one-service',
  title: 'Parley: one service',
  description: 'Calls, database and process of one service, wherever it runs.',
  variables: [{ name: 'service', label: 'Service', values: { metric: 'parley_service_info', label: 'service' } }],
  rows: [
    {
      title: 'Calls made to it',
      panels: [
        timeseries(
          'Calls',
          { description: 'As its callers count them, per second.', unit: 'reqps' },
          query('sum by (call) (rate(parley_calls_total{service="$service"}[$__rate_interval])) > 0', '{{call}}'),
        ),
        timeseries(
          'Outcomes',
          {
            description: '`refused`: it said no and was right to; `failed` and what follows are errors.',
            unit: 'reqps',
          },
          query('sum by (outcome) (rate(parley_calls_total{service="$service"}[$__rate_interval]))', '{{outcome}}'),
        ),
        timeseries(
          'Duration',
          { description: 'As long as the caller waited; streams to their end.', unit: 's' },
          query(quantile(0.5, 'parley_call_duration_seconds_bucket{service="$service"}', ['call']), '{{call}} p50'),
          query(quantile(0.95, 'parley_call_duration_seconds_bucket{service="$service"}', ['call']), '{{call}} p95'),
        ),
        timeseries(
          'Served over HTTP',
          { description: 'As it counts them itself, when other processes call it.', unit: 'reqps' },
          query(
            'sum by (call, outcome) (rate(parley_served_calls_total{service="$service"}[$__rate_interval])) > 0',
            '{{call}} {{outcome}}',
          ),
          query(
            quantile(0.95, 'parley_served_call_duration_seconds_bucket{service="$service"}', ['service']),
            '{{service}} p95, seconds',
          ),
        ),
      ],
    },
    {
      title: 'Its database',
      panels: [
        timeseries(
          'Commits',
          { description: 'Per second, and units of work that share one.' },
          query(
            'sum by (service) (rate(parley_store_commit_duration_seconds_count{service="$service"}[$__rate_interval]))',
            '{{service}} commits',
          ),
          query(
            'sum by (service) (rate(parley_store_commit_units_sum{service="$service"}[$__rate_interval])) / sum by (service) (rate(parley_store_commit_units_count{service="$service"}[$__rate_interval]))',
            '{{service}} units of each',
          ),
        ),
        timeseries(
          'Duration of commits',
          { description: 'A disk or server that is slow shows here first.', unit: 's' },
          query(
            quantile(0.95, 'parley_store_commit_duration_seconds_bucket{service="$service"}', ['service']),
            '{{service}} p95',
          ),
        ),
        timeseries(
          'Waiting',
          { description: 'Units of work and reads that wait for a connection or for the writer.' },
          query('sum by (service) (parley_store_waiting{service="$service"})', '{{service}}'),
        ),
        timeseries(
          'Connections',
          { description: 'Of the pool to PostgreSQL.' },
          query(
            'sum by (service, state) (parley_store_connections{service="$service"})',
            '{{service}} {{state}}',
            'postgres',
          ),
          query(
            'sum by (service) (parley_store_connections_max{service="$service"})',
            '{{service}} at most',
            'postgres',
          ),
        ),
        timeseries(
          'Round trips',
          { description: 'How often it waits for its database server; none with a file.', unit: 'cps' },
          query(
            'sum by (service) (rate(parley_store_round_trips_total{service="$service"}[$__rate_interval]))',
            '{{service}}',
          ),
        ),
        timeseries(
          'Room on the disk',
          { description: 'Of the file system with the SQLite file.', unit: 'percentunit' },
          query(
            'min by (service) (parley_store_disk_free_bytes{service="$service"} / parley_store_disk_size_bytes)',
            '{{service}}',
          ),
        ),
      ],
    },
    {
      title: 'Its processes',
      panels: [
        timeseries(
          'CPU',
          {
            description: 'Seconds of CPU per second: 1 is a whole core, and a process uses little more.',
            unit: 'percentunit',
          },
          query(`rate(process_cpu_seconds_total[$__rate_interval]) ${ofService}`, '{{instance}}'),
        ),
        timeseries(
          'Memory',
          { description: 'Resident, and the heap of JavaScript.', unit: 'bytes' },
          query(`process_resident_memory_bytes ${ofService}`, '{{instance}} resident'),
          query(`nodejs_heap_size_used_bytes ${ofService}`, '{{instance}} heap'),
        ),
        timeseries(
          'Event-loop delay',
          { description: 'How late a process gets to what is due.', unit: 's' },
          query(`nodejs_eventloop_lag_p99_seconds ${ofService}`, '{{instance}} p99'),
          query(`nodejs_eventloop_lag_p50_seconds ${ofService}`, '{{instance}} p50'),
        ),
        timeseries(
          'Garbage collection',
          { description: 'Share of the time.', unit: 'percentunit' },
          query(
            `sum by (job, instance) (rate(nodejs_gc_duration_seconds_sum[$__rate_interval])) ${ofService}`,
            '{{instance}}',
          ),
        ),
        timeseries(
          'Open files',
          { description: 'Sockets included.' },
          query(`process_open_fds ${ofService}`, '{{instance}}'),
        ),
        timeseries(
          'Ready',
          { description: '1: ready; 0: /readyz says why not.' },
          query(`parley_ready ${ofService}`, '{{instance}}'),
        ),
      ],
    },
  ],
}

import type { Dashboard } from './dashboard.ts'
import { quantile, query, timeseries } from './panels.ts'

export const extraction: Dashboard = {
  uid: 'parley-extraction',
  title: 'Parley: taking a service out',
  description:
    'One service as its callers see it, in their own process (local) and in another one (remote), while it is moved from the one to the other. Over HTTP a call costs a few tenths of a millisecond more; anything beyond that is worth a look before going on.',
  variables: [{ name: 'service', label: 'Service', values: { metric: 'parley_calls_total', label: 'service' } }],
  rows: [
    {
      title: 'Local and remote',
      panels: [
        timeseries(
          'Calls',
          { description: 'How much goes which way.', unit: 'reqps' },
          query('sum by (placement) (rate(parley_calls_total{service="$service"}[$__rate_interval]))', '{{placement}}'),
        ),
        timeseries(
          'Errors',
          { description: 'Share of calls that fail, refusals and cancellations aside.', unit: 'percentunit' },
          query(
            'sum by (placement) (parley:call_errors:rate1m{service="$service"}) / sum by (placement) (parley:calls:rate1m{service="$service"}) or 0 * sum by (placement) (parley:calls:rate1m{service="$service"})',
            '{{placement}}',
          ),
        ),
        timeseries(
          'Half of the calls are faster',
          { description: 'Streams to their end.', unit: 's' },
          query('parley:call_duration_seconds:p50_1m{service="$service"}', '{{placement}}'),
        ),
        timeseries(
          'Nine in ten and more are faster',
          { description: 'Streams to their end.', unit: 's' },
          query('parley:call_duration_seconds:p95_1m{service="$service"}', '{{placement}}'),
        ),
      ],
    },
    {
      title: 'Call by call',
      panels: [
        timeseries(
          'Duration',
          { description: 'Of nine in ten and more calls.', unit: 's', width: 24 },
          query(
            quantile(0.95, 'parley_call_duration_seconds_bucket{service="$service"}', ['call', 'placement']),
            '{{call}} {{placement}}',
          ),
        ),
        timeseries(
          'Outcomes',
          { description: 'Everything but `ok`, per second.', unit: 'cps', width: 24 },
          query(
            'sum by (call, placement, outcome) (rate(parley_calls_total{service="$service", outcome!="ok"}[$__rate_interval]))',
            '{{call}} {{placement}} {{outcome}}',
          ),
        ),
      ],
    },
    {
      title: 'What comes with it',
      panels: [
        timeseries(
          'Delay of its events',
          { description: 'Over HTTP or through Kafka instead of within a process.', unit: 's' },
          query(quantile(0.95, 'parley_events_delay_seconds_bucket', ['service']), '{{service}}'),
        ),
        timeseries(
          'CPU of all processes',
          { description: 'What the move costs.', unit: 'percentunit' },
          query(
            'sum(rate(process_cpu_seconds_total[$__rate_interval]) and on (job, instance) parley_build_info)',
            'all',
          ),
        ),
        timeseries(
          'Instances',
          { description: 'Processes that run it.' },
          query('count by (service) (parley_service_info{service="$service"})', '{{service}}'),
        ),
        timeseries(
          'Requests that fail at the door',
          { description: 'What clients see of it.', unit: 'percentunit' },
          query('parley:request_errors:ratio1m', 'failing'),
        ),
      ],
    },
  ],
}

import type { Dashboard } from './dashboard.ts'
import { quantile, query, timeseries } from './panels.ts'

export const events: Dashboard = {
  uid: 'parley-events',
  title: 'Parley: events',
  description: 'Events on their way from outboxes to inboxes, directly or through Kafka.',
  variables: [],
  rows: [
    {
      title: 'Outboxes',
      panels: [
        timeseries(
          'Published',
          { description: 'Events that were committed, per second.', unit: 'cps' },
          query('sum by (type) (rate(parley_events_published_total[$__rate_interval]))', '{{type}}'),
        ),
        timeseries(
          'Waiting',
          { description: 'Committed events that some subscriber has not taken.' },
          query('max by (service, state) (parley_outbox_events)', '{{service}} {{state}}'),
        ),
        timeseries(
          'Oldest',
          { description: 'How long the oldest of them waits.', unit: 's' },
          query('max by (service) (parley_outbox_oldest_seconds)', '{{service}}'),
        ),
        timeseries(
          'Room',
          { description: 'Keys with waiting events, and how many make an outbox full.' },
          query('max by (service) (parley_outbox_keys)', '{{service}}'),
          query('max by (service) (parley_outbox_keys_max)', '{{service}} full'),
        ),
      ],
    },
    {
      title: 'Inboxes',
      panels: [
        timeseries(
          'Handled',
          { description: 'Deliveries by what became of them; `done` ones had their effect.', unit: 'cps' },
          query(
            'sum by (service, type, result) (rate(parley_events_handled_total[$__rate_interval]))',
            '{{service}} {{type}} {{result}}',
          ),
        ),
        timeseries(
          'Delay',
          { description: 'From publishing to the end of handling.', unit: 's' },
          query(quantile(0.5, 'parley_events_delay_seconds_bucket', ['service', 'type']), '{{service}} {{type}} p50'),
          query(quantile(0.95, 'parley_events_delay_seconds_bucket', ['service', 'type']), '{{service}} {{type}} p95'),
        ),
      ],
    },
    {
      title: 'Kafka',
      panels: [
        timeseries(
          'Lag',
          { description: 'Events that wait for a service in the partitions of its processes.' },
          query('sum by (service, topic) (parley_events_lag)', '{{service}} {{topic}}', 'kafka'),
        ),
        timeseries(
          'Dead letters',
          { description: 'Events that were put aside.', unit: 'cps' },
          query('sum by (service) (rate(parley_events_dead_total[$__rate_interval]))', '{{service}}', 'kafka'),
        ),
        timeseries(
          'Refused commits',
          { description: 'Offsets of processes that no longer owned their partitions.', unit: 'cps' },
          query(
            'sum by (service) (rate(parley_events_commits_refused_total[$__rate_interval]))',
            '{{service}}',
            'kafka',
          ),
        ),
      ],
    },
  ],
}

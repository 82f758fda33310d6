import type { Dashboard } from './dashboard.ts'
import { quantile, query, stat, table, timeseries } from './panels.ts'

export const overview: Dashboard = {
  uid: 'parley-overview',
  title: 'Parley: overview',
  description: 'Whether the system does its work. Start here; the other dashboards say more.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        stat(
          'Instances that answer',
          { description: 'Processes of Parley that Prometheus reaches.' },
          query('sum(up and on (job, instance) last_over_time(parley_build_info[1h]))', ''),
        ),
        stat(
          'Instances lost',
          { description: 'Processes of the last hour that do not answer now.' },
          query('count(last_over_time(parley_build_info[1h]) and on (job, instance) up == 0) or vector(0)', ''),
        ),
        stat(
          'Requests',
          { description: 'Requests answered, of all routes.', unit: 'reqps' },
          query('sum(rate(parley_gateway_requests_total[$__rate_interval]))', ''),
        ),
        stat(
          'Failing',
          { description: 'Share of requests that end with a 5xx.', unit: 'percentunit' },
          query('parley:request_errors:ratio1m', ''),
        ),
        stat(
          'Running',
          { description: 'Responses that are being generated.' },
          query('sum(parley_response_running)', ''),
        ),
        stat(
          'Budgets spent',
          { description: 'Budgets with nothing left in their period.' },
          query('max(parley_budgets{state="spent"})', ''),
        ),
        table(
          'Alerts',
          { description: 'What fires now; the runbook says what to do.', width: 24 },
          query('ALERTS{alertname=~"Parley.*", alertstate="firing"}', '', 'an alert'),
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        timeseries(
          'Requests by route',
          { description: 'Answers per second.', unit: 'reqps' },
          query('parley:requests:rate1m', '{{route}}'),
        ),
        timeseries(
          'Answers by class of status',
          { description: '4xx are the callers’; 5xx are ours.', unit: 'reqps' },
          query('sum by (status) (rate(parley_gateway_requests_total[$__rate_interval]))', '{{status}}'),
        ),
        timeseries(
          'Duration',
          {
            description:
              'From the head of a request to the end of its answer; streams are as long as the model makes them.',
            unit: 's',
          },
          query(quantile(0.5, 'parley_gateway_request_duration_seconds_bucket', ['route']), '{{route}} p50'),
          query(quantile(0.95, 'parley_gateway_request_duration_seconds_bucket', ['route']), '{{route}} p95'),
        ),
        timeseries(
          'Errors by code',
          { description: 'As in docs/errors.md: RATE_LIMITED and BUDGET_EXHAUSTED are refusals.', unit: 'cps' },
          query('sum by (code) (rate(parley_gateway_errors_total[$__rate_interval])) > 0', '{{code}}'),
        ),
        timeseries(
          'Allowance of failures',
          {
            description: 'Share of failed requests over longer times; the objective allows 0.5 %.',
            unit: 'percentunit',
          },
          query('parley:request_errors:ratio5m', '5 minutes'),
          query('parley:request_errors:ratio1h', 'an hour'),
          query('parley:request_errors:ratio30m', '30 minutes'),
          query('parley:request_errors:ratio6h', '6 hours'),
        ),
        timeseries(
          'Open streams',
          { description: 'Event streams being written, and clients that were dropped because they read nothing.' },
          query('sum(parley_gateway_open_streams)', 'open'),
          query('sum(increase(parley_gateway_clients_dropped_total[$__rate_interval]))', 'dropped'),
        ),
      ],
    },
    {
      title: 'Generations',
      panels: [
        timeseries(
          'Running and queued',
          { description: 'Responses under way, those that wait for room, and how many there is room for.' },
          query('sum(parley_response_running)', 'running'),
          query('max(parley_response_queued)', 'queued'),
          query('sum(parley_response_running_max)', 'room'),
        ),
        timeseries(
          'Age of the queue',
          { description: 'How long the longest waiting response waits.', unit: 's' },
          query('parley:queue_age_seconds:max', 'oldest'),
        ),
        timeseries(
          'Responses by how they end',
          { description: 'Per second.', unit: 'cps' },
          query('sum by (status) (rate(parley_responses_settled_total[$__rate_interval]))', '{{status}}'),
        ),
        timeseries(
          'Attempts',
          {
            description: 'Begun; ended otherwise than by settling; lost; writes refused as stale.',
            unit: 'cps',
          },
          query('sum(rate(parley_attempts_started_total[$__rate_interval]))', 'begun'),
          query(
            'sum by (ending) (rate(parley_attempts_ended_total{ending!~"settled|lost"}[$__rate_interval]))',
            '{{ending}}',
          ),
          query('sum(rate(parley_attempts_lost_total[$__rate_interval]))', 'lost'),
          query('sum by (write) (rate(parley_fences_total[$__rate_interval]))', 'refused: {{write}}'),
        ),
        timeseries(
          'First token',
          { description: 'Nine in ten and more are faster.', unit: 's' },
          query('parley:first_token_seconds:p95_1m', '{{provider}} {{model}}'),
        ),
        timeseries(
          'Providers that fail',
          { description: 'Share of their calls that fail for reasons of theirs.', unit: 'percentunit' },
          query('parley:provider_errors:ratio1m', '{{provider}}'),
        ),
      ],
    },
    {
      title: 'What could stop it',
      panels: [
        timeseries(
          'Instances by service',
          { description: 'Processes that run each service.' },
          query('count by (service) (parley_service_info)', '{{service}}'),
        ),
        timeseries(
          'Outbox',
          { description: 'How full each outbox is; at 1 new work is refused.', unit: 'percentunit' },
          query('max by (service) (parley_outbox_keys / parley_outbox_keys_max)', '{{service}}'),
        ),
        timeseries(
          'Oldest event',
          { description: 'How long an event waits to be taken.', unit: 's' },
          query('max by (service) (parley_outbox_oldest_seconds)', '{{service}}'),
        ),
        timeseries(
          'Budgets',
          { description: 'Budgets by how much of them is used or held.' },
          query('max by (state) (parley_budgets)', '{{state}}'),
        ),
        timeseries(
          'Databases',
          { description: '1: usable; 0: not.' },
          query('min by (service) (parley_store_up)', '{{service}}'),
        ),
        timeseries(
          'Stuck requests',
          { description: 'Accepted requests of which nothing is heard.' },
          query('max(parley_requests_stuck)', 'stuck'),
          query('max(parley_requests_stuck_oldest_seconds)', 'oldest, seconds'),
        ),
      ],
    },
  ],
}

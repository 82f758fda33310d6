import type { Dashboard } from './dashboard.ts'
import { quantile, query, stat, timeseries } from './panels.ts'

export const modelsAndCost: Dashboard = {
  uid: 'parley-models-and-cost',
  title: 'Parley: models and cost',
  description:
    'How fast and how well providers answer, and what it costs. Sums since a process began are no ledger: that is /parley/usage.',
  variables: [],
  rows: [
    {
      title: 'Providers',
      panels: [
        timeseries(
          'Calls',
          { description: 'Calls of providers that have ended, per second.', unit: 'reqps' },
          query(
            'sum by (provider, model) (rate(parley_provider_calls_total[$__rate_interval]))',
            '{{provider}} {{model}}',
          ),
        ),
        timeseries(
          'Errors by kind',
          { description: 'As in docs/errors.md. CALL_CANCELLED: nobody wanted the rest.', unit: 'cps' },
          query(
            'sum by (provider, outcome) (rate(parley_provider_calls_total{outcome!="ok"}[$__rate_interval]))',
            '{{provider}} {{outcome}}',
          ),
        ),
        timeseries(
          'Share that fails',
          { description: 'For reasons of the provider’s.', unit: 'percentunit' },
          query('parley:provider_errors:ratio1m', '{{provider}}'),
        ),
        timeseries(
          'Open calls',
          { description: 'Answers that are on their way.' },
          query('sum by (provider) (parley_provider_calls_open)', '{{provider}}'),
        ),
      ],
    },
    {
      title: 'Speed',
      panels: [
        timeseries(
          'First token',
          { description: 'From the call to the first piece of a streamed answer.', unit: 's' },
          query(
            quantile(0.5, 'parley_provider_first_token_seconds_bucket', ['provider', 'model']),
            '{{provider}} {{model}} p50',
          ),
          query('parley:first_token_seconds:p95_1m', '{{provider}} {{model}} p95'),
        ),
        timeseries(
          'Between tokens',
          { description: 'Between two pieces of a streamed answer.', unit: 's' },
          query(
            quantile(0.5, 'parley_provider_token_gap_seconds_bucket', ['provider', 'model']),
            '{{provider}} {{model}} p50',
          ),
          query('parley:token_gap_seconds:p95_1m', '{{provider}} {{model}} p95'),
        ),
        timeseries(
          'Whole answers',
          { description: 'From the call to the end.', unit: 's' },
          query(
            quantile(0.95, 'parley_provider_answer_seconds_bucket', ['provider', 'model']),
            '{{provider}} {{model}} p95',
          ),
        ),
        timeseries(
          'Tokens of providers',
          { description: 'Tokens of complete answers per second.', unit: 'cps' },
          query(
            'sum by (provider, model, kind) (rate(parley_provider_tokens_total[$__rate_interval]))',
            '{{provider}} {{model}} {{kind}}',
          ),
        ),
        timeseries(
          'Responses, end to end',
          { description: 'From the acceptance of a request to the end of its response.', unit: 's' },
          query(quantile(0.95, 'parley_response_duration_seconds_bucket', ['status']), '{{status}} p95'),
        ),
      ],
    },
    {
      title: 'Tokens and money',
      panels: [
        stat(
          'Spent per hour',
          { description: 'In units of the currency, at the pace of the last hour.', width: 6 },
          query('sum(parley:cost:rate1h)', ''),
        ),
        stat(
          'Held by budgets',
          { description: 'In units of the currency, for requests under way.', width: 6 },
          query('max(parley_budgets_held_micros) / 1e6', ''),
        ),
        stat(
          'Tokens held',
          { description: 'For requests under way.', width: 6 },
          query('max(parley_budgets_held_tokens)', ''),
        ),
        stat(
          'Refused for want of budget',
          { description: 'Requests of the last hour.', width: 6 },
          query('sum(increase(parley_gateway_errors_total{code="BUDGET_EXHAUSTED"}[1h]))', ''),
        ),
        timeseries(
          'Tokens',
          { description: 'Per second, by class of tenant and model.', unit: 'cps' },
          query('parley:tokens:rate1m', '{{tenant_class}} {{model}} {{kind}}'),
        ),
        timeseries(
          'Cost',
          { description: 'Units of the currency per hour.' },
          query('parley:cost:rate1h', '{{tenant_class}} {{model}}'),
        ),
        timeseries(
          'Lost with attempts',
          { description: 'Estimated cost of attempts whose process died, in units of the currency per hour.' },
          query(
            '3600 * sum by (tenant_class) (rate(parley_cost_micros_total{kind="lost"}[$__rate_interval])) / 1e6',
            '{{tenant_class}}',
          ),
        ),
        timeseries(
          'Requests by how they end',
          { description: 'In the ledger, by class of tenant.', unit: 'cps' },
          query(
            'sum by (tenant_class, status) (rate(parley_requests_settled_total[$__rate_interval]))',
            '{{tenant_class}} {{status}}',
          ),
        ),
        timeseries(
          'Budgets',
          { description: 'By how much of them is used or held.' },
          query('max by (state) (parley_budgets)', '{{state}}'),
        ),
        timeseries(
          'Open holds',
          { description: 'One for each request under way and budget, by class of tenant.' },
          query('max by (tenant_class) (parley_budget_holds)', '{{tenant_class}}'),
        ),
        timeseries(
          'Money in open holds',
          { description: 'In units of the currency, by class of tenant.' },
          query('max by (tenant_class) (parley_budget_holds_micros) / 1e6', '{{tenant_class}}'),
        ),
      ],
    },
  ],
}

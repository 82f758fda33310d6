import type { Node } from '../yaml-text.ts'
import { anyProcess, traits } from './names.ts'
import { queueAgeMetric, runningMetric } from './scaling.ts'

const scrapeInterval = '15s'

/** Tells a Prometheus operator to read every process once, whatever number of services it hosts. */
export function serviceMonitor(portName: string): Node {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: 'parley', labels: anyProcess },
    spec: {
      selector: { matchLabels: { ...anyProcess, [traits.metrics]: 'true' } },
      endpoints: [{ port: portName, path: '/metrics', interval: scrapeInterval }],
    },
  }
}

/** Values for the chart of prometheus-adapter, which gives the autoscaler the metrics of generations. */
export function adapterRules(): Node {
  return {
    rules: {
      custom: [
        {
          seriesQuery: `${runningMetric}{namespace!="",pod!=""}`,
          resources: { overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } } },
          name: { as: runningMetric },
          metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)',
        },
        {
          seriesQuery: `${queueAgeMetric}{namespace!="",service!=""}`,
          resources: { overrides: { namespace: { resource: 'namespace' }, service: { resource: 'service' } } },
          name: { as: queueAgeMetric },
          metricsQuery: 'max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)',
        },
      ],
    },
  }
}

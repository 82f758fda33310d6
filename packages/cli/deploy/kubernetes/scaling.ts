import type { DeploymentPlan, PlannedProcess } from '../plan.ts'
import { publicService } from '../system.ts'
import type { Node } from '../yaml-text.ts'
import { labelsOf, selectorOf } from './names.ts'
import { measuredServiceOf } from './services.ts'

/** Fewer instances of the door than this are no help when a zone is lost. */
const doorReplicasMin = 3
const replicasMin = 2
const replicasMax = 20
const cpuPercent = 70
/** What one process runs at once with ease; RESPONSE_CONCURRENCY_MAX is where it begins to queue. */
const runningPerInstance = 300
const queueAgeSeconds = '2'
const scaleDownWaitSeconds = 300
const scaleDownEverySeconds = 60
const scaleUpEverySeconds = 15

/** The gauges that tell how much generation work there is. */
export const runningMetric = 'parley_response_running'
export const queueAgeMetric = 'parley_response_queue_age_seconds'

/** The least number of instances; more than one of each, so that one can go. */
export function replicasOf({ services }: PlannedProcess): number {
  return services.some(({ name }) => name === publicService) ? doorReplicasMin : replicasMin
}

/** Generations wait for providers, not for this machine: where they run, their number says more than the processor. */
export function autoscalerOf(process: PlannedProcess, { version }: DeploymentPlan): Node {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: process.name, labels: labelsOf(process.name, version) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: process.name },
      minReplicas: replicasOf(process),
      maxReplicas: replicasMax,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } },
        },
        ...(runsGenerations(process) ? generationMetrics(measuredServiceOf(process)) : []),
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          policies: [{ type: 'Percent', value: 100, periodSeconds: scaleUpEverySeconds }],
        },
        // One at a time: each that goes has to finish, or hand over, what it runs.
        scaleDown: {
          stabilizationWindowSeconds: scaleDownWaitSeconds,
          policies: [{ type: 'Pods', value: 1, periodSeconds: scaleDownEverySeconds }],
        },
      },
    },
  }
}

export function disruptionBudgetOf(process: PlannedProcess, { version }: DeploymentPlan): Node {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: process.name, labels: labelsOf(process.name, version) },
    spec: {
      maxUnavailable: 1,
      // A pod that is not ready serves nobody and may go.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorOf(process.name) },
    },
  }
}

const generatingService = 'response'

function runsGenerations({ services }: PlannedProcess): boolean {
  return services.some(({ name }) => name === generatingService)
}

function generationMetrics(service: string): Node[] {
  return [
    {
      type: 'Pods',
      pods: {
        metric: { name: runningMetric },
        target: { type: 'AverageValue', averageValue: String(runningPerInstance) },
      },
    },
    {
      type: 'Object',
      object: {
        metric: { name: queueAgeMetric },
        describedObject: { apiVersion: 'v1', kind: 'Service', name: service },
        target: { type: 'Value', value: queueAgeSeconds },
      },
    },
  ]
}

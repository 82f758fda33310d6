import type { DeploymentPlan, PlannedProcess } from '../plan.ts'
import { publicService } from '../system.ts'
import type { Node } from '../yaml-text.ts'
import { selectorOf } from './names.ts'
import { podTemplate, workloadLabels } from './pod.ts'

const sqliteStorage = '10Gi'

/** What keeps the pods of a process running. */
export function workloadOf(process: PlannedProcess, plan: DeploymentPlan): Node {
  return plan.store === 'sqlite' ? statefulSet(process, plan) : deployment(process, plan)
}

/** New pods are ready before old ones end. The number of instances is left to the autoscaler where there is one. */
function deployment(process: PlannedProcess, { version, topology: { isScaled } }: DeploymentPlan): Node {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: process.name, labels: workloadLabels(process, version) },
    spec: {
      ...(!isScaled && { replicas: 1 }),
      revisionHistoryLimit: 5,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: selectorOf(process.name) },
      template: podTemplate({ process, version, isScaled, hasVolume: false }),
    },
  }
}

/** One pod with one volume: a SQLite file belongs to one process at a time, so the old pod ends before the new starts. */
function statefulSet(process: PlannedProcess, { version }: DeploymentPlan): Node {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: process.name, labels: workloadLabels(process, version) },
    spec: {
      replicas: 1,
      serviceName: publicService,
      selector: { matchLabels: selectorOf(process.name) },
      template: podTemplate({ process, version, isScaled: false, hasVolume: true }),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: sqliteStorage } } },
        },
      ],
    },
  }
}

import type { DeploymentPlan } from '../plan.ts'
import type { Variable } from '../variables.ts'
import type { Node } from '../yaml-text.ts'
import { containerName, labelsOf } from './names.ts'
import { databaseOnlyPolicy } from './network-policies.ts'
import { containerSecurity, podSecurity, secretSources, secretVariable } from './pod.ts'

const migrate = 'migrate'
const triesMax = 5
const keptSeconds = 24 * 60 * 60
const deadlineSeconds = 15 * 60

/**
 * Brings every database to this version before the pods of this version start; each would do it for itself otherwise.
 * Jobs cannot be changed, so the version is in the name, and the settings, whose name changes with them, are not used.
 */
export function migrateJob({ processes, version }: DeploymentPlan): Node[] {
  const variables = processes.flatMap((process) => process.variables.filter(isOfDatabase))
  const labels = labelsOf(migrate, version)
  return [
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: `${migrate}-${version.replaceAll(/[^a-z0-9]+/g, '-')}`, labels },
      spec: {
        backoffLimit: triesMax,
        activeDeadlineSeconds: deadlineSeconds,
        ttlSecondsAfterFinished: keptSeconds,
        template: {
          metadata: { labels },
          spec: {
            ...podSecurity,
            restartPolicy: 'Never',
            containers: [
              {
                name: containerName,
                image: `parley/all-in-one:${version}`,
                args: ['packages/cli/main.ts', migrate],
                env: [{ name: 'SERVICES', value: 'all' }, ...variables.map(secretVariable)],
                resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
                securityContext: containerSecurity,
                volumeMounts: [
                  { name: 'tmp', mountPath: '/tmp' },
                  { name: 'secrets', mountPath: '/run/secrets/parley', readOnly: true },
                ],
              },
            ],
            volumes: [
              { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
              { name: 'secrets', projected: { defaultMode: 0o440, sources: secretSources(variables) } },
            ],
          },
        },
      },
    },
    databaseOnlyPolicy(migrate),
  ]
}

function isOfDatabase(variable: Variable): variable is Extract<Variable, { secret: unknown }> {
  return 'secret' in variable && variable.secret.name.startsWith('parley-database-')
}

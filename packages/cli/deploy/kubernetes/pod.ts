import type { PlannedProcess } from '../plan.ts'
import { shutdown } from '../shutdown.ts'
import type { Variable } from '../variables.ts'
import type { Node } from '../yaml-text.ts'
import { configName, containerName, labelsOf, selectorOf, settingsName, traits } from './names.ts'

/** The user of the images; nobody on the node. */
export const userId = 10_001
const secretsFolder = '/run/secrets/parley'
const configFolder = '/etc/parley'
export const dataFolder = '/var/lib/parley'
const memoryMiB = 512
/** Of the memory limit; the rest is for what Node keeps outside of its heap. */
const heapShare = 0.75
const readOnlyByGroup = 0o440

export interface PodOptions {
  readonly process: PlannedProcess
  readonly version: string
  readonly isScaled: boolean
  /** Whether the pod has a volume of its own for SQLite. */
  readonly hasVolume: boolean
}

export function podTemplate({ process, version, isScaled, hasVolume }: PodOptions): Node {
  const secrets = secretSources(process.variables)
  const mounts = [
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'config', mountPath: configFolder, readOnly: true },
    ...(secrets.length > 0 ? [{ name: 'secrets', mountPath: secretsFolder, readOnly: true }] : []),
    ...(hasVolume ? [{ name: 'data', mountPath: dataFolder }] : []),
  ]
  return {
    metadata: {
      labels: workloadLabels(process, version),
    },
    spec: {
      ...podSecurity,
      terminationGracePeriodSeconds: shutdown.graceSeconds,
      ...(isScaled && {
        topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((key) =>
          spread(key, process.name),
        ),
      }),
      containers: [
        {
          name: containerName,
          image: `${process.image}:${version}`,
          ports: portsOf(process),
          envFrom: [{ configMapRef: { name: settingsName } }],
          env: environment(process, hasVolume),
          ...probes(process.publicPort === null ? 'internal' : 'http'),
          lifecycle: { preStop: { sleep: { seconds: shutdown.preStopSeconds } } },
          resources: {
            requests: { cpu: '250m', memory: '256Mi' },
            limits: { memory: `${memoryMiB}Mi` },
          },
          securityContext: containerSecurity,
          volumeMounts: mounts,
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
        { name: 'config', configMap: { name: configName } },
        ...(secrets.length > 0
          ? [{ name: 'secrets', projected: { defaultMode: readOnlyByGroup, sources: secrets } }]
          : []),
      ],
    },
  }
}

/** Of a workload and its pods. */
export function workloadLabels(process: PlannedProcess, version: string): Node {
  return {
    ...labelsOf(process.name, version),
    ...(process.hasStore && { [traits.store]: 'true' }),
    ...(process.hasEvents && { [traits.events]: 'true' }),
    ...(process.callsProviders && { [traits.providers]: 'true' }),
  }
}

/** What the pod-security level `restricted` asks for, and a little more. */
export const podSecurity: Node = {
  serviceAccountName: 'parley',
  automountServiceAccountToken: false,
  // Their variables would be taken for settings.
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

export const containerSecurity: Node = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

/** One file per secret, in a volume that follows changes of the Secrets. */
export function secretSources(variables: readonly Variable[]): Node[] {
  return variables.flatMap((variable) =>
    'secret' in variable
      ? [
          {
            secret: {
              name: variable.secret.name,
              items: [{ key: variable.secret.key, path: secretFile(variable.secret) }],
            },
          },
        ]
      : [],
  )
}

function secretFile({ name, key }: { name: string; key: string }): string {
  return `${name}-${key}`
}

export function secretVariable(variable: Extract<Variable, { secret: unknown }>): Node {
  return { name: `${variable.name}_FILE`, value: `${secretsFolder}/${secretFile(variable.secret)}` }
}

function environment(process: PlannedProcess, hasVolume: boolean): Node[] {
  const { publicPort, internalPort, variables, callsSiblings } = process
  return [
    ...[publicPort, internalPort].flatMap((port) =>
      port === null ? [] : [{ name: port.variable, value: String(port.number) }],
    ),
    ...variables.map((variable) =>
      'secret' in variable ? secretVariable(variable) : { name: variable.name, value: variable.value },
    ),
    { name: 'PARLEY_CONFIG', value: `${configFolder}/parley.config.json` },
    ...(hasVolume ? [{ name: 'PARLEY_DATA', value: dataFolder }] : []),
    ...(callsSiblings
      ? [
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'ADVERTISED_URL', value: `http://$(POD_IP):${internalPort?.number}` },
        ]
      : []),
    { name: 'NODE_OPTIONS', value: `--max-old-space-size=${Math.floor(memoryMiB * heapShare)}` },
  ]
}

function portsOf({ publicPort, internalPort }: PlannedProcess): Node[] {
  return [
    ...(publicPort === null ? [] : [{ name: 'http', containerPort: publicPort.number }]),
    ...(internalPort === null ? [] : [{ name: 'internal', containerPort: internalPort.number }]),
  ]
}

/** A process listens once its migrations are done and its database has answered, which the first probe waits for. */
function probes(port: string): Node {
  const get = (path: string) => ({ httpGet: { path, port } })
  return {
    startupProbe: { ...get('/livez'), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...get('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { ...get('/readyz'), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  }
}

function spread(topologyKey: string, process: string): Node {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorOf(process) },
    matchLabelKeys: ['pod-template-hash'],
  }
}

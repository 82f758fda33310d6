import type { Node } from '../yaml-text.ts'
import { anyProcess, containerName, monitoringNamespace, settingsName, traits } from './names.ts'
import { named, otlpPort, policy, port } from './network-policies.ts'

const readableByGroup = 0o440

type Files = Readonly<Record<string, readonly Node[]>>

/** Things that an overlay switches on by naming them under `components`. */
export function componentFiles(): Readonly<Record<string, Files>> {
  return { tracing: tracing(), 'openai-key': openAiKey(), 'kafka-sasl': kafkaSasl() }
}

function component(rest: Node): Node {
  return { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', ...rest }
}

/** Spans go to a collector in the namespace of monitoring. */
function tracing(): Files {
  const endpoint = `http://otel-collector.${monitoringNamespace}:${otlpPort}`
  return {
    'kustomization.yaml': [
      component({
        resources: ['network-policy.yaml'],
        configMapGenerator: [
          { name: settingsName, behavior: 'merge', literals: [`OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`] },
        ],
      }),
    ],
    'network-policy.yaml': [
      policy(
        'traces',
        { matchLabels: anyProcess },
        {
          policyTypes: ['Egress'],
          egress: [{ to: [{ namespaceSelector: named(monitoringNamespace) }], ports: [port(otlpPort)] }],
        },
      ),
    ],
  }
}

/** The Secret `parley-providers`, key `openai-api-key`, for the process that calls providers. */
function openAiKey(): Files {
  const folder = '/run/secrets/providers'
  return patching(traits.providers, {
    env: [{ name: 'OPENAI_API_KEY_FILE', value: `${folder}/openai-api-key` }],
    volumeMounts: [{ name: 'provider-keys', mountPath: folder, readOnly: true }],
    volumes: [secretVolume('provider-keys', 'parley-providers')],
  })
}

/** The Secret `parley-kafka`, keys `username` and `password`, for every process that sends or takes events. */
function kafkaSasl(): Files {
  const folder = '/run/secrets/kafka'
  return patching(traits.events, {
    env: [
      { name: 'KAFKA_TLS', value: 'on' },
      { name: 'KAFKA_SASL_MECHANISM', value: 'SCRAM-SHA-512' },
      { name: 'KAFKA_USERNAME', valueFrom: { secretKeyRef: { name: 'parley-kafka', key: 'username' } } },
      { name: 'KAFKA_PASSWORD_FILE', value: `${folder}/password` },
    ],
    volumeMounts: [{ name: 'kafka-password', mountPath: folder, readOnly: true }],
    volumes: [secretVolume('kafka-password', 'parley-kafka')],
  })
}

function secretVolume(name: string, secretName: string): Node {
  return { name, secret: { secretName, defaultMode: readableByGroup } }
}

interface Additions {
  readonly env: readonly Node[]
  readonly volumeMounts: readonly Node[]
  readonly volumes: readonly Node[]
}

/** Adds to the pods of every workload with the trait; kind and name of the patch are those of what it is put on. */
function patching(trait: string, { env, volumeMounts, volumes }: Additions): Files {
  return {
    'kustomization.yaml': [
      component({
        patches: [{ path: 'pods.yaml', target: { kind: 'Deployment|StatefulSet', labelSelector: `${trait}=true` } }],
      }),
    ],
    'pods.yaml': [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'any' },
        spec: {
          template: { spec: { containers: [{ name: containerName, env, volumeMounts }], volumes } },
        },
      },
    ],
  }
}

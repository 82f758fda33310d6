import type { Node } from '../yaml-text.ts'
import { configName, namespace, settingsName } from './names.ts'
import { basePolicies } from './network-policies.ts'

/** What all topologies share: a namespace in which only what is asked for is allowed, and the settings. */
export function baseResources(): Readonly<Record<string, readonly Node[]>> {
  return {
    'namespace.yaml': [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: namespace,
          labels: Object.fromEntries(
            ['enforce', 'audit', 'warn'].flatMap((mode) => [
              [`pod-security.kubernetes.io/${mode}`, 'restricted'],
              [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
            ]),
          ),
        },
      },
    ],
    // It may do nothing, and its token is mounted nowhere.
    'service-account.yaml': [
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'parley' },
        automountServiceAccountToken: false,
      },
    ],
    'network-policies.yaml': basePolicies(),
  }
}

/** Settings are read at start, so a change of theirs brings new pods; the configuration file is read again by those that run. */
export function baseKustomization(files: readonly string[]): Node {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: files,
    configMapGenerator: [
      { name: settingsName, envs: ['settings.env'] },
      { name: configName, files: ['parley.config.json'], options: { disableNameSuffixHash: true } },
    ],
  }
}

/** Where people begin to write what may be changed while everything runs. */
export const emptyConfigFile = `${JSON.stringify({ settings: { LOG_LEVEL: 'info' } }, null, 2)}\n`

import { contracts } from '@parley/catalog/contracts.ts'
import { describeConfig } from '@parley/chassis/runtime/describe-config.ts'
import type { Files } from '../files.ts'
import type { DeploymentPlan, PlannedProcess } from '../plan.ts'
import type { DeployedService } from '../system.ts'
import { databaseSecret, firstKeySecret, internalSecret } from '../variables.ts'
import { type Node, yamlText } from '../yaml-text.ts'
import { networks } from './hardened.ts'
import { administratorSecret, kafka, kafkaVolumes, makeRolesScript, postgres } from './infrastructure.ts'
import { observability, observabilityVolumes } from './observability.ts'
import { composeProcess, composeSecret } from './process.ts'

const generated =
  'Written by `npm run parley -- deploy compose` from the definitions of the services; `npm run check` compares.'

const grafanaSecret = 'grafana-password'

/** The names of all secrets that the Compose files ask for. */
export function composeSecrets(system: readonly DeployedService[]): string[] {
  return [
    administratorSecret,
    ...urlSecretsOf(system).map(({ name }) => name),
    composeSecret(internalSecret),
    composeSecret(firstKeySecret),
    grafanaSecret,
  ]
}

/** The secret with the database URL of each service that keeps one. */
export function urlSecretsOf(system: readonly DeployedService[]): { service: string; name: string }[] {
  return system
    .filter(({ hasStore }) => hasStore)
    .map(({ name }) => ({ service: name, name: composeSecret(databaseSecret(name)) }))
}

/** What the Compose files of all topologies share. */
export function renderComposeShared(system: readonly DeployedService[]): Files {
  return {
    'observability.yaml': yamlText(
      `${generated}\n\nIncluded by the others; switched on with --profile tracing, metrics or logs.`,
      [
        {
          services: observability(),
          volumes: volumesOf(observabilityVolumes),
          secrets: secretsOf([grafanaSecret]),
        },
      ],
    ),
    'make-roles.sh': `#!/bin/sh\n# ${generated}\n${makeRolesScript(urlSecretsOf(system))}`,
    'config/parley.config.json': `${JSON.stringify({ settings: { LOG_LEVEL: 'info' } }, null, 2)}\n`,
  }
}

/** One file per topology, all of one project: data stays where it is when the topology changes. */
export function renderCompose(
  plan: DeploymentPlan,
  system: readonly DeployedService[],
  settings: Readonly<Record<string, string>>,
): Files {
  const hasKafka = plan.topology.events === 'kafka'
  const infrastructure = { store: 'postgres', events: hasKafka ? 'kafka' : null }
  const urlSecrets = urlSecretsOf(system).map(({ name }) => name)
  const processes = plan.processes.map((process): [string, Node] => [
    process.name,
    composeProcess({ process, version: plan.version, settings, infrastructure, providerKeys: providerKeysOf(process) }),
  ])
  const used = plan.processes.flatMap(({ variables }) =>
    variables.flatMap((variable) => ('secret' in variable ? [composeSecret(variable.secret)] : [])),
  )
  const document: Node = {
    name: 'parley',
    include: ['observability.yaml'],
    services: {
      ...Object.fromEntries(processes),
      postgres: postgres(urlSecrets),
      ...(hasKafka && { kafka: kafka() }),
    },
    networks: { [networks.system]: { internal: true }, [networks.outside]: {} },
    volumes: volumesOf(['postgres', ...(hasKafka ? kafkaVolumes : [])]),
    secrets: secretsOf([administratorSecret, ...urlSecrets, ...used]),
  }
  return { [`${plan.topology.name}.yaml`]: yamlText(`${generated}\n\n${usage(plan)}`, [document]) }
}

function usage({ topology, processes }: DeploymentPlan): string {
  const file = `deploy/compose/${topology.name}.yaml`
  return [
    ...processes.map(({ name, services }) => `${name}: ${services.map((service) => service.name).join(', ')}`),
    '',
    '  npm run parley -- deploy secrets',
    `  docker compose --file ${file} up --detach --wait`,
  ].join('\n')
}

/** Secrets that the process's services read and that need not be there. */
function providerKeysOf({ services, variables }: PlannedProcess): string[] {
  const given = variables.map(({ name }) => name)
  return services.flatMap(({ definition }) =>
    describeConfig(definition, contracts).settings.flatMap(({ setting, group }) =>
      group === 'service' && setting.isSecret && !given.includes(setting.name) ? [setting.name] : [],
    ),
  )
}

/** Files: a container with a read-only root takes no other secrets. A folder for all, which may lie elsewhere. */
function secretsOf(names: readonly string[]): Node {
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, { file: `\${PARLEY_SECRETS:-./secrets}/${name}` }]),
  )
}

function volumesOf(names: readonly string[]): Node {
  return Object.fromEntries(names.map((name) => [name, {}]))
}

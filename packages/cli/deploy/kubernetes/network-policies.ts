import type { DeploymentPlan, PlannedProcess } from '../plan.ts'
import type { Node } from '../yaml-text.ts'
import { anyProcess, monitoringNamespace, selectorOf } from './names.ts'

const postgresPort = 5432
const kafkaPort = 9092
const dnsPort = 53
const httpsPort = 443
export const otlpPort = 4318
/** Addresses that are no provider's: those of the cluster, of private networks, of this machine and its cloud. */
const privateRanges = {
  '0.0.0.0/0': ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  '::/0': ['::1/128', 'fc00::/7', 'fe80::/10', '64:ff9b::/96'],
}

/** Of every topology: nothing may be reached, and nothing reaches anything but names, unless a process says so. */
export function basePolicies(): Node[] {
  return [
    policy('default-deny', {}, { policyTypes: ['Ingress', 'Egress'] }),
    policy(
      'names',
      { matchLabels: anyProcess },
      {
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                namespaceSelector: named('kube-system'),
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
            ],
            ports: [port(dnsPort, 'UDP'), port(dnsPort)],
          },
        ],
      },
    ),
  ]
}

/** What one process is called by, and what it calls: exactly what the contracts of its services need. */
export function policyOf(process: PlannedProcess, plan: DeploymentPlan): Node {
  const callers = plan.processes.filter(({ reaches }) => reaches.includes(process.name))
  const callees = plan.processes.filter(({ name }) => process.reaches.includes(name))
  const measuredPort = process.internalPort ?? process.publicPort
  return policy(
    process.name,
    { matchLabels: selectorOf(process.name) },
    {
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        // Clients come through whatever the cluster has for that, whose place is not known here.
        ...(process.publicPort === null ? [] : [{ ports: [port(process.publicPort.number)] }]),
        ...(callers.length === 0 ? [] : [{ from: callers.map(podsOf), ports: internalPorts(process) }]),
        ...(measuredPort === null
          ? []
          : [{ from: [{ namespaceSelector: named(monitoringNamespace) }], ports: [port(measuredPort.number)] }]),
      ],
      egress: [
        ...callees.map((callee) => ({ to: [podsOf(callee)], ports: internalPorts(callee) })),
        ...(process.hasStore && plan.store === 'postgres' ? [{ ports: [port(postgresPort)] }] : []),
        ...(process.hasEvents && plan.topology.events === 'kafka' ? [{ ports: [port(kafkaPort)] }] : []),
        ...(process.callsProviders ? [{ to: internet(), ports: [port(httpsPort)] }] : []),
      ],
    },
  )
}

/** Of what runs once and only speaks to databases. */
export function databaseOnlyPolicy(name: string): Node {
  return policy(
    name,
    { matchLabels: selectorOf(name) },
    { policyTypes: ['Egress'], egress: [{ ports: [port(postgresPort)] }] },
  )
}

export function policy(name: string, podSelector: Node, spec: Node): Node {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec: { podSelector, ...spec },
  }
}

export function port(number: number, protocol: 'TCP' | 'UDP' = 'TCP'): Node {
  return { protocol, port: number }
}

/** A namespace by its name. */
export function named(name: string): Node {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } }
}

function podsOf({ name }: PlannedProcess): Node {
  return { podSelector: { matchLabels: selectorOf(name) } }
}

function internalPorts({ internalPort }: PlannedProcess): Node[] {
  return internalPort === null ? [] : [port(internalPort.number)]
}

function internet(): Node[] {
  return Object.entries(privateRanges).map(([cidr, except]) => ({ ipBlock: { cidr, except } }))
}

import type { PlannedProcess } from '../plan.ts'
import { publicService } from '../system.ts'
import type { Node } from '../yaml-text.ts'
import { labelsOf, selectorOf, traits } from './names.ts'

/**
 * One Service per service, whatever process it is in: whoever calls it need not know with whom it shares a pod. They are
 * headless, since callers choose among the instances themselves. Where processes wait for each other, each is reached
 * before it is ready; otherwise none would ever be.
 */
export function servicesOf(process: PlannedProcess, version: string): Node[] {
  const measured = measuredServiceOf(process)
  return process.services
    .filter(({ name }) => name === publicService || process.internalPort !== null)
    .map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        labels: { ...labelsOf(process.name, version), ...(name === measured && { [traits.metrics]: 'true' }) },
      },
      spec: {
        type: 'ClusterIP',
        ...(name !== publicService && { clusterIP: 'None' }),
        selector: selectorOf(process.name),
        ...(name !== publicService && process.waitsMutually && { publishNotReadyAddresses: true }),
        ports: name === publicService ? publicPorts(process) : [internalPort(process)],
      },
    }))
}

/** The Service through which a process is measured: one of them, so that no process is counted twice. */
export function measuredServiceOf({ services }: PlannedProcess): string {
  return services.find(({ name }) => name === publicService)?.name ?? services[0]?.name ?? publicService
}

const httpPort = 80

function publicPorts(process: PlannedProcess): Node[] {
  const http = { name: 'http', port: httpPort, targetPort: 'http' }
  return process.internalPort === null ? [http] : [http, internalPort(process)]
}

function internalPort({ internalPort: port }: PlannedProcess): Node {
  return { name: 'internal', port: port?.number ?? 0, targetPort: 'internal' }
}

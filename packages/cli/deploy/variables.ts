import { variablePrefix } from '@parley/chassis/placement/placement-settings.ts'
import { type DeployedService, publicService } from './system.ts'
import type { StoreKind } from './topology.ts'

/** A variable of a process: its value, or the secret whose value is mounted as a file. */
export type Variable =
  | { readonly name: string; readonly value: string; readonly why?: string }
  | { readonly name: string; readonly secret: SecretRef }

export interface SecretRef {
  /** As Kubernetes knows it; `name-key` elsewhere. */
  readonly name: string
  readonly key: string
}

/** Which services the process runs. */
export function placementVariable(members: readonly DeployedService[], system: readonly DeployedService[]): Variable {
  const isWhole = members.length === system.length
  return { name: 'SERVICES', value: isWhole ? 'all' : members.map(({ name }) => name).join(',') }
}

export const internalSecret: SecretRef = { name: 'parley-internal', key: 'secret' }
export const firstKeySecret: SecretRef = { name: 'parley-gateway', key: 'api-key' }

export function databaseSecret(service: string): SecretRef {
  return { name: `parley-database-${service}`, key: 'url' }
}

export function databaseVariable(service: string): string {
  return `${variablePrefix(service)}_DATABASE_URL`
}

/** The secrets that the process cannot do without. */
export function secretVariables(
  members: readonly DeployedService[],
  { isSplit, store }: { isSplit: boolean; store: StoreKind },
): Variable[] {
  return [
    ...(isSplit ? [{ name: 'PARLEY_INTERNAL_SECRET', secret: internalSecret }] : []),
    ...members
      .filter(({ hasStore }) => hasStore && store === 'postgres')
      .map(({ name }) => ({ name: databaseVariable(name), secret: databaseSecret(name) })),
    ...(members.some(({ name }) => name === publicService) ? [{ name: 'PARLEY_API_KEY', secret: firstKeySecret }] : []),
  ]
}

import type { DeployedService } from '../system.ts'
import { databaseName, databaseRole } from './infrastructure.ts'
import { composeSecrets, urlSecretsOf } from './render.ts'

/** Makes a secret of this many random bytes, of letters, digits, dashes and underscores. */
export type NewSecret = (bytes: number) => string

const secretBytes = 32

/** The text of each secret that the Compose files ask for, by its name: made here and known nowhere else. */
export function makeSecrets(system: readonly DeployedService[], newSecret: NewSecret): Record<string, string> {
  const urls = urlSecretsOf(system).map(({ service, name }) => [
    name,
    `postgres://${databaseRole(service)}:${newSecret(secretBytes)}@postgres:5432/${databaseName}`,
  ])
  const others = composeSecrets(system).map((name) => [name, newSecret(secretBytes)])
  return Object.fromEntries([...others, ...urls])
}

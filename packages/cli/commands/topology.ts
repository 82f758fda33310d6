import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import { type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { topologyTable } from '@parley/chassis/placement/topology-table.ts'
import { loadTopology } from '@parley/chassis/runtime/process-config.ts'

/** The table that a process started with this environment would print. Throws ConfigError naming what is missing. */
export function topology(env: Env): string {
  return topologyTable(loadTopology({ env: new EnvReader(env), services, contracts }))
}

import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import { type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { lookOnce } from '@parley/chassis/discovery/look-once.ts'
import { topologyTable } from '@parley/chassis/placement/topology-table.ts'
import { openConfigSource } from '@parley/chassis/runtime/open-config-source.ts'
import { loadTopology } from '@parley/chassis/runtime/process-config.ts'

/**
 * The table that a process started here with this environment would print, with the instances that DNS or Consul name at
 * the moment. Throws ConfigError naming what is missing.
 */
export async function topology(env: Env, folder: string): Promise<string> {
  const { file, fileName } = await openConfigSource(env, folder).load()
  const loaded = loadTopology({ env: new EnvReader(env, file, { fileName }), services, contracts })
  const looks = loaded.placements.map(async (row): Promise<[string, string][]> => {
    const found = row.placement === 'remote' ? await lookOnce(row.address, loaded.discovery) : null
    return found === null ? [] : [[row.service, found]]
  })
  return topologyTable({ ...loaded, found: new Map((await Promise.all(looks)).flat()) })
}

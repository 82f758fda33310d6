import { services } from '@parley/all-in-one/services.ts'
import { ConfigError, type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { openServiceStore } from '@parley/chassis/runtime/open-service-store.ts'
import { readStoreUrls } from '@parley/chassis/runtime/process-config.ts'
import { pino } from 'pino'

/**
 * Opens the database of each service, which brings it to the present schema, and closes it: one line per service. Throws
 * ConfigError, or what is wrong with a database in words; the services before it are done then.
 */
export async function migrate(env: Env, names: readonly string[]): Promise<string> {
  const stateful = services.filter(({ migrations }) => migrations !== null)
  const known = stateful.map(({ contract }) => contract.name as string)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new ConfigError([`no service with a database is called ${unknown.join(' or ')}: use ${known.join(', ')}`])
  }
  const wanted = names.length === 0 ? stateful : stateful.filter(({ contract }) => names.includes(contract.name))
  const reader = new EnvReader(env)
  const urls = readStoreUrls(reader, wanted)
  reader.throwIfProblems()
  const log = pino({ level: 'silent' })
  const lines: string[] = []
  for (const service of wanted) {
    const { name } = service.contract
    await using _store = await openServiceStore({ service, url: urls[name] ?? '', durability: 'process', log })
    lines.push(`${name}  is at ${service.migrations?.at(-1)?.name}`)
  }
  return lines.join('\n')
}

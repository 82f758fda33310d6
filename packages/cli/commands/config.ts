import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import { ConfigError, type Env } from '@parley/chassis/config/env-reader.ts'
import { checkConfig } from '../config/check-config.ts'
import { checkedText } from '../config/checked-text.ts'
import { configReference } from '../config/reference.ts'

export interface CheckFlags {
  readonly json: boolean
  /** The service whose own program would be started; undefined for the program with all of them. */
  readonly service?: string
}

/** `isFine` is false when a process would not start, or when something that looks like a setting is none. */
export async function check(env: Env, folder: string, flags: CheckFlags): Promise<{ isFine: boolean; text: string }> {
  const service = services.find(({ contract }) => contract.name === flags.service) ?? null
  if (service === null && flags.service !== undefined) {
    throw new ConfigError([
      `--service names what is no service: use ${services.map((s) => s.contract.name).join(', ')}`,
    ])
  }
  const checked = await checkConfig({ env, folder, services, service })
  return {
    isFine: checked.problems.length === 0 && checked.unknown.length === 0,
    text: flags.json ? JSON.stringify(checked, null, 2) : checkedText(checked),
  }
}

export function reference(): string {
  return configReference(services, contracts)
}

import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { integerSetting, listSetting, type ValuesOf } from '@parley/chassis/config/setting.ts'

export const requestSettings = {
  recentInputsCharsMax: integerSetting('REQUEST_RECENT_INPUTS_CHARS_MAX', {
    description: 'How much JSON text of just-accepted inputs is kept in memory, in characters.',
    fallback: 32 * 1024 * 1024,
    min: 1,
    max: 1024 * 1024 * 1024,
  }),
  stuckAfterMs: integerSetting('REQUEST_STUCK_AFTER_MS', {
    description: 'How long nothing may be heard of a request before it is looked into.',
    fallback: 60_000,
    min: 100,
    max: 24 * 60 * 60_000,
  }),
  tenantClasses: listSetting('TENANT_CLASSES', {
    description:
      'Classes of tenants that metrics of tokens and money are split by: acme:gold,globex:gold. All other tenants are of the class default.',
    fallback: [],
    format: 'tenant:class, separated by commas; a class is lower-case letters, digits and dashes',
    accepts: /^[^\s:,]{1,200}:[a-z][a-z0-9-]{0,30}$/,
  }),
}

export type RequestConfig = ValuesOf<typeof requestSettings>

export function loadConfig(env: EnvReader): RequestConfig {
  return env.readAll(requestSettings)
}

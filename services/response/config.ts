import type { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { integerSetting, listSetting, type ValuesOf } from '@parley/chassis/config/setting.ts'

const nameList = { format: "a comma-separated list of names, or 'none'", accepts: /^[a-z0-9]+(-[a-z0-9]+)*$/ }

export const responseSettings = {
  runsMax: integerSetting('RESPONSE_CONCURRENCY_MAX', {
    description: 'Generations at a time in one process; more wait in the queue.',
    fallback: 1_000,
    min: 1,
    max: 100_000,
    isLive: true,
  }),
  attemptsMax: integerSetting('RESPONSE_ATTEMPTS_MAX', {
    description: 'Attempts per response, lost ones included.',
    fallback: 3,
    min: 1,
    max: 100,
    isLive: true,
  }),
  leaseMs: integerSetting('RESPONSE_LEASE_MS', {
    description: 'How long a claim lasts without being prolonged.',
    fallback: 30_000,
    min: 3_000,
    max: 10 * 60_000,
  }),
  runTimeoutMs: integerSetting('RESPONSE_TIMEOUT_MS', {
    description: 'How long one attempt may take.',
    fallback: 10 * 60_000,
    min: 1_000,
    max: 24 * 60 * 60_000,
    isLive: true,
  }),
  attachMs: integerSetting('RESPONSE_ATTACH_MS', {
    description: 'How long a plain run goes on before its follower comes.',
    fallback: 10_000,
    min: 1_000,
    max: 10 * 60_000,
  }),
  feedCharsMax: integerSetting('RESPONSE_BUFFER_BYTES', {
    description: 'Frames of one response that are kept in memory, in bytes.',
    fallback: 1024 * 1024,
    min: 1_024,
    max: 1024 * 1024 * 1024,
  }),
  contextTokensMax: integerSetting('RESPONSE_CONTEXT_TOKENS_MAX', {
    description: 'How many tokens of earlier turns a model is given.',
    fallback: 8_192,
    min: 0,
    max: 10_000_000,
    isLive: true,
  }),
  postProcessing: listSetting('POST_PROCESSING', {
    ...nameList,
    description: 'Post-processing steps, in order. Comes before postProcessing in the configuration file.',
    fallback: null,
    shownDefault: 'json',
  }),
  redactionPatterns: listSetting('REDACTION_PATTERNS', {
    ...nameList,
    description: 'What the step redaction takes out.',
    fallback: ['email', 'card', 'api-key'],
  }),
}

/** `postProcessing` are names of steps, in order. */
export type ResponseConfig = Omit<ValuesOf<typeof responseSettings>, 'postProcessing'> & {
  readonly postProcessing: readonly string[]
}

/** `json` does nothing unless a request asks for a format, so plain text stays what the model wrote. */
const postProcessingDefault = ['json']

export function loadConfig(env: EnvReader): ResponseConfig {
  const config = env.readAll(responseSettings)
  return { ...config, postProcessing: config.postProcessing ?? env.file.postProcessing ?? postProcessingDefault }
}

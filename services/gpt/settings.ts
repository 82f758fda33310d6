import {
  integerSetting,
  listSetting,
  type Setting,
  setting,
  textSetting,
  urlSetting,
} from '@parley/chassis/config/setting.ts'

/** All of them are read again when the configuration changes: new calls go by the new ones. */
export const gptSettings = {
  openAiKey: providerKeySetting(
    'OPENAI_API_KEY',
    'The key for the provider openai, which is there when this or OPENAI_BASE_URL is set.',
  ),
  openAiBaseUrl: urlSetting('OPENAI_BASE_URL', {
    description: 'The API root of the provider openai. Without a key, a server that wants none.',
    protocols: ['http:', 'https:'],
    shownDefault: 'https://api.openai.com/v1',
    isLive: true,
  }),
  openAiModel: textSetting('OPENAI_MODEL', {
    description: 'The default model when the provider openai is there.',
    fallback: 'gpt-5-mini',
    isLive: true,
  }),
  anthropicKey: providerKeySetting(
    'ANTHROPIC_API_KEY',
    'The key for the provider anthropic, which is there when this or ANTHROPIC_BASE_URL is set.',
  ),
  anthropicBaseUrl: urlSetting('ANTHROPIC_BASE_URL', {
    description: 'The API root of the provider anthropic, without /v1. Without a key, a server that wants none.',
    protocols: ['http:', 'https:'],
    shownDefault: 'https://api.anthropic.com',
    isLive: true,
  }),
  anthropicModel: textSetting('ANTHROPIC_MODEL', {
    description: 'The default model when the provider anthropic is there and openai is not.',
    fallback: 'claude-sonnet-5-5',
    isLive: true,
  }),
  defaultModel: textSetting('DEFAULT_MODEL', {
    description: 'The model of requests that name none.',
    fallback: null,
    shownDefault:
      'OPENAI_MODEL with the provider openai, ANTHROPIC_MODEL with anthropic, else the first listed model, else simulated',
    isLive: true,
  }),
  connectMs: timeoutSetting('GPT_CONNECT_TIMEOUT_MS', 'How long connecting to a provider may take.', 10_000),
  firstTokenMs: timeoutSetting('GPT_FIRST_TOKEN_TIMEOUT_MS', 'How long the first piece of a stream may take.', 60_000),
  idleMs: timeoutSetting('GPT_IDLE_TIMEOUT_MS', 'How long a stream may be silent between two pieces.', 30_000),
  answerMs: timeoutSetting('GPT_ANSWER_TIMEOUT_MS', 'How long a whole answer may take.', 10 * 60_000),
  connectionsMax: integerSetting('GPT_CONNECTIONS_MAX', {
    description: 'Connections to each provider.',
    fallback: 1_024,
    min: 1,
    max: 20_000,
    isLive: true,
  }),
}

/** What a span may tell of a provider's call, and whom; without tracing they mean nothing. */
export const gptTracingSettings = {
  captureContent: setting<boolean>(
    'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
    {
      description: 'Whether spans hold prompts and answers. The tracing backend then keeps what users wrote.',
      fallback: false,
    },
    { format: 'one of: true, false, SPAN_ONLY, SPAN_AND_EVENT, EVENT_ONLY, NO_CONTENT', parse: parseCapture },
  ),
  toldProviders: listSetting('GPT_TRACED_PROVIDERS', {
    description: 'Providers that are sent `traceparent`: your own, whose spans belong to the same traces.',
    format: 'names of providers, separated by commas',
    accepts: /^[a-z0-9][a-z0-9_-]*$/,
    fallback: [],
    shownDefault: 'none',
  }),
}

function parseCapture(text: string): { value: boolean } | { problem: string } {
  const mode = text.toLowerCase()
  if (['true', 'span_only', 'span_and_event'].includes(mode)) return { value: true }
  // There are no events of ours: only spans can hold content.
  if (['false', 'no_content', 'event_only'].includes(mode)) return { value: false }
  return { problem: 'must be one of: true, false, SPAN_ONLY, SPAN_AND_EVENT, EVENT_ONLY, NO_CONTENT' }
}

/** A provider's key goes into a header: anything but visible ASCII would fail there, at every call. */
export function providerKeySetting(name: string, description: string): Setting<string | null> {
  return textSetting(name, {
    description: `${description} New calls use a changed one.`,
    format: 'visible ASCII without spaces',
    accepts: /^[\x21-\x7e]+$/,
    fallback: null,
    isSecret: true,
    isLive: true,
  })
}

function timeoutSetting(name: string, description: string, fallback: number): Setting<number> {
  return integerSetting(name, { description, fallback, min: 1, max: 24 * 60 * 60_000, isLive: true })
}

export const gptFileSections = {
  providers: {
    description: 'Named providers, in the order in which models are looked up.',
    isLive: true,
  },
  prices: { description: 'What models cost: overrules and adds to the built-in table.', isLive: true },
  templates: { description: 'Prompt templates by id.', isLive: true },
}

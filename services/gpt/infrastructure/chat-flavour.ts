/** Where OpenAI-compatible providers differ in what they take. */
export interface ChatFlavour {
  /** OpenAI's newer models refuse `max_tokens`; most other servers know nothing else. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** False: `developer` messages are sent as `system`, which every chat template knows. */
  readonly developerRole: boolean
  /** True for OpenAI's own API, which refuses every field it does not know, such as other providers' cache marks. */
  readonly strictFields: boolean
}

export function flavourOf(baseUrl: URL): ChatFlavour {
  const isOpenAi = /(?:^|\.)openai\.(?:azure\.)?com$/.test(baseUrl.hostname)
  return {
    maxTokensField: isOpenAi ? 'max_completion_tokens' : 'max_tokens',
    developerRole: isOpenAi,
    strictFields: isOpenAi,
  }
}

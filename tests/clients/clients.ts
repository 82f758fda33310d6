export const capabilities = ['plain', 'streaming', 'tools', 'structured', 'memory', 'errors', 'cancel'] as const
export type Capability = (typeof capabilities)[number]

export interface Client {
  /** The file below programs/, without its ending. */
  readonly id: string
  readonly title: string
  readonly runtime: 'node' | 'python'
  /** The package whose version is shown. */
  readonly package: string
  /** What the client itself cannot do, and why. */
  readonly lacks: Readonly<Partial<Record<Capability, string>>>
  /** What the client does of itself otherwise than the table's column says, and its checks allow for. */
  readonly differs?: Readonly<Partial<Record<Capability, string>>>
}

/** Every client of the proof, in the order of the table. */
export const clients: readonly Client[] = [
  { id: 'openai', title: 'openai (Node)', runtime: 'node', package: 'openai', lacks: {} },
  { id: 'openai-python', title: 'openai (Python)', runtime: 'python', package: 'openai', lacks: {} },
  { id: 'anthropic', title: '@anthropic-ai/sdk', runtime: 'node', package: '@anthropic-ai/sdk', lacks: {} },
  {
    id: 'ai-sdk-openai',
    title: 'AI SDK, @ai-sdk/openai (responses)',
    runtime: 'node',
    package: '@ai-sdk/openai',
    lacks: {},
  },
  {
    id: 'ai-sdk-openai-chat',
    title: 'AI SDK, @ai-sdk/openai (chat)',
    runtime: 'node',
    package: '@ai-sdk/openai',
    lacks: {},
  },
  {
    id: 'ai-sdk-compatible',
    title: 'AI SDK, @ai-sdk/openai-compatible',
    runtime: 'node',
    package: '@ai-sdk/openai-compatible',
    lacks: {},
  },
  {
    id: 'ai-sdk-anthropic',
    title: 'AI SDK, @ai-sdk/anthropic',
    runtime: 'node',
    package: '@ai-sdk/anthropic',
    lacks: {},
  },
  {
    id: 'langchain',
    title: '@langchain/openai',
    runtime: 'node',
    package: '@langchain/openai',
    lacks: {},
    differs: {
      errors:
        'over the Responses API it reads no `response.failed`, whoever sends it: a stream that breaks off ends there without an error, and without the usage and the status of an answer',
    },
  },
  { id: 'agents', title: '@openai/agents', runtime: 'node', package: '@openai/agents', lacks: {} },
  {
    id: 'codex',
    title: 'codex (exec)',
    runtime: 'node',
    package: '@openai/codex',
    lacks: { streaming: '`codex exec` streams from Parley and prints finished items only' },
  },
  {
    id: 'claude-code',
    title: 'claude-code (print)',
    runtime: 'node',
    package: '@anthropic-ai/claude-code',
    lacks: {},
  },
  {
    id: 'opencode',
    title: 'opencode (run)',
    runtime: 'node',
    package: 'opencode-ai',
    lacks: {
      structured: '`opencode run` takes no schema',
      streaming: '`opencode run` streams from Parley and prints finished parts only',
    },
  },
]

import { readFile } from 'node:fs/promises'
import type { ModelStep } from '../../services/gpt/application/ports.ts'
import { anthropicClientOf, clientOf, responsesClientOf } from '../../services/gpt/test/client-of.ts'
import { replay, splits } from '../../services/gpt/test/replay.ts'

const open = { chat: clientOf, responses: responsesClientOf, messages: anthropicClientOf }
export type ProviderName = keyof typeof open
export const openProvider = open

const folders: Record<ProviderName, URL> = {
  chat: new URL('../../services/gpt/test/recordings/', import.meta.url),
  responses: new URL('../../services/gpt/test/recordings-responses/', import.meta.url),
  messages: new URL('../../services/gpt/test/recordings-messages/', import.meta.url),
}

/** Of each provider's recordings those that differ in what they hold; whole ones say so in their names. */
export const recordings: Record<ProviderName, readonly string[]> = {
  chat: [
    'openai-text.txt',
    'openai-parallel-tools.txt',
    'openai-refusal.txt',
    'azure-content-filter.txt',
    'vllm-reasoning.txt',
    'openai-whole-text.txt',
    'openai-whole-named-tool.txt',
    'vllm-whole-reasoning.txt',
  ],
  responses: [
    'text.txt',
    'parallel-tools.txt',
    'custom-tool.txt',
    'sealed-reasoning.txt',
    'open-reasoning.txt',
    'max-tokens.txt',
    'refusal.txt',
    'web-search.txt',
    'whole-text.txt',
    'whole-tools.txt',
  ],
  messages: [
    'text.txt',
    'parallel-tools.txt',
    'thinking.txt',
    'stop-sequence.txt',
    'max-tokens.txt',
    'refusal.txt',
    'citations.txt',
    'web-search.txt',
    'whole-text.txt',
    'whole-tools.txt',
  ],
}

export function isWhole(name: string): boolean {
  return name.includes('whole')
}

/** What the adapter makes of a recording, for every way in which its bytes may be cut. */
export async function stepsAtEveryCut(provider: ProviderName, name: string): Promise<ModelStep[][]> {
  const bytes = await readFile(new URL(name, folders[provider]))
  return replay(open[provider], splits(bytes), isWhole(name) ? 'application/json' : 'text/event-stream')
}

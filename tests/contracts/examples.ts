import type { Model } from '@parley/gpt/contract.ts'
import type { Frame, GenerationStep } from '@parley/kernel/frames.ts'
import type { MessageItem } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { RequestInput, RequestSubmitted } from '@parley/request/contract.ts'
import type { Response, ResponseSettled } from '@parley/response/contract.ts'
import type { Session } from '@parley/session/contract.ts'

/** Values that several pacts show. What a provider really answers may differ in all but its form. */
const digits = (last: string) => last.padStart(32, '0')

export const conversation = `conv_${digits('1')}`
export const requestId = `req_${digits('2')}`
export const responseId = `resp_${digits('3')}`
export const itemId = `msg_${digits('4')}`
/** Of a form that providers make, and never made. */
export const absent = {
  conversation: `conv_${digits('f')}`,
  requestId: `req_${digits('f')}`,
  responseId: `resp_${digits('f')}`,
}
export const time = 1_795_000_000_000
export const timeSeconds = 1_795_000_000

export const userMessage: MessageItem = {
  type: 'message',
  id: itemId,
  status: 'completed',
  role: 'user',
  content: [{ type: 'input_text', text: 'Hello' }],
}

export const assistantMessage: MessageItem = {
  type: 'message',
  id: `msg_${digits('5')}`,
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello to you.', annotations: [] }],
}

export const usage: Usage = {
  inputTokens: 6,
  cachedInputTokens: 0,
  outputTokens: 4,
  reasoningTokens: 0,
  provenance: 'provider',
}

export const session: Session = {
  sessionId: conversation,
  userId: null,
  status: 'open',
  metadata: { topic: 'greetings' },
  preferences: { model: 'simulated' },
  itemCount: 1,
  createdAt: time,
  lastActiveAt: time,
}

export const model: Model = { id: 'simulated', provider: 'simulated', contextTokensMax: 128_000, createdAt: time }

export const requestInput: RequestInput = {
  model: 'simulated',
  instructions: null,
  prompt: null,
  items: [userMessage],
  options: { temperature: 0.5 },
  delivery: 'incremental',
  store: true,
  sessionId: null,
  previousResponseId: null,
  metadata: { topic: 'greetings' },
}

export const response: Response = {
  responseId,
  requestId,
  status: 'completed',
  model: 'simulated',
  sessionId: null,
  previousResponseId: null,
  instructions: null,
  options: { temperature: 0.5 },
  metadata: { topic: 'greetings' },
  store: true,
  output: [assistantMessage],
  usage,
  failure: null,
  incompleteReason: null,
  attempt: 1,
  createdAt: time,
  completedAt: time,
}

export const submitted: RequestSubmitted = {
  requestId,
  responseId,
  model: 'simulated',
  sessionId: null,
  previousResponseId: null,
  store: true,
  keepFrames: true,
  acceptedAt: time,
}

export const settled: ResponseSettled = {
  requestId,
  responseId,
  sessionId: null,
  status: 'completed',
  model: 'simulated',
  provider: 'simulated',
  providerModel: 'simulated',
  usage,
  attempts: 1,
  settledAt: time,
}

/** One message in one piece. */
export const outputSteps = [
  { type: 'item-start', index: 0, item: { ...assistantMessage, status: 'in_progress', content: [] } },
  { type: 'text-delta', index: 0, delta: 'Hello to you.' },
  { type: 'item-end', index: 0, item: assistantMessage },
] as const satisfies GenerationStep[]

export const generationEnd: GenerationStep = {
  type: 'generation-end',
  finish: 'stop',
  usage,
  provider: 'simulated',
  providerModel: 'simulated',
}

export const frames: Frame[] = [
  { type: 'response-start' as const, createdAt: time, model: 'simulated' },
  ...outputSteps,
  {
    type: 'response-end' as const,
    status: 'completed' as const,
    finish: 'stop' as const,
    incompleteReason: null,
    failure: null,
    usage,
    completedAt: time,
  },
].map((step, seq) => ({ seq, step }))

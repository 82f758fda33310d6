import type { Frame, ResponseEnd, ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'

export const createdAt = 1_700_000_000_123

export const usage: Usage = {
  inputTokens: 11,
  cachedInputTokens: 4,
  outputTokens: 7,
  reasoningTokens: 2,
  provenance: 'provider',
}

export function numbered(steps: readonly ResponseStep[]): Frame[] {
  return steps.map((step, seq) => ({ seq, step }))
}

export function startStep(model = 'simulated'): ResponseStep {
  return { type: 'response-start', createdAt, model }
}

export function endStep(fields: Partial<ResponseEnd> = {}): ResponseStep {
  return {
    type: 'response-end',
    status: 'completed',
    finish: 'stop',
    incompleteReason: null,
    failure: null,
    usage,
    completedAt: createdAt + 2_000,
    ...fields,
  }
}

export function message(text: string, status: 'in_progress' | 'completed' | 'incomplete' = 'completed'): Item {
  const content =
    status === 'in_progress' ? [] : [{ type: 'output_text' as const, text, annotations: [], logprobs: [] }]
  return { type: 'message', id: 'msg_1', status, role: 'assistant', content }
}

export function functionCall(number: number, text: string, status: 'in_progress' | 'completed' = 'completed'): Item {
  return {
    type: 'function_call',
    id: `fc_${number}`,
    status,
    call_id: `call_${number}`,
    name: `tool_${number}`,
    arguments: text,
  }
}

/** A message that comes piece by piece. */
export function textSteps(pieces: readonly string[], index = 0): ResponseStep[] {
  return [
    { type: 'item-start', index, item: message('', 'in_progress') },
    ...pieces.map((delta): ResponseStep => ({ type: 'text-delta', index, delta })),
    { type: 'item-end', index, item: message(pieces.join('')) },
  ]
}

export function callSteps(index: number, number: number, pieces: readonly string[]): ResponseStep[] {
  return [
    { type: 'item-start', index, item: functionCall(number, '', 'in_progress') },
    ...pieces.map((delta): ResponseStep => ({ type: 'arguments-delta', index, delta })),
    { type: 'item-end', index, item: functionCall(number, pieces.join('')) },
  ]
}

export const hello = numbered([startStep(), ...textSteps(['Hel', 'lo']), endStep()])

import { AppError } from '@parley/chassis/values/errors.ts'
import type { IdPrefix } from '@parley/chassis/values/ids.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { ModelEnd, ModelRequest, ModelStep } from '../application/ports.ts'

export const shortTimeouts = { connectMs: 1_000, firstTokenMs: 400, idleMs: 300, answerMs: 400 }
export const longTimeouts = { connectMs: 1_000, firstTokenMs: 30_000, idleMs: 30_000, answerMs: 30_000 }

/** Short where the provider is told to fall silent; elsewhere a busy machine is not to be taken for a silent provider. */
export function timeoutsFor(prompt: string): typeof shortTimeouts {
  return /\b(stall|pings)_after=/.test(prompt) ? shortTimeouts : longTimeouts
}

export function userMessage(text: string): Item {
  return { type: 'message', id: 'msg_user', role: 'user', content: [{ type: 'input_text', text }] }
}

export function modelRequest(
  text: string,
  more: Partial<ModelRequest> & { options?: GenerationOptions } = {},
): ModelRequest {
  return {
    responseId: 'resp_1',
    attempt: 1,
    providerModel: 'simulated',
    instructions: null,
    items: [userMessage(text)],
    options: {},
    delivery: 'incremental',
    ...more,
  }
}

/** Ids that are equal from run to run. */
export function constantIds(prefix: IdPrefix): string {
  return `${prefix}_constant`
}

export interface Outcome {
  readonly steps: readonly ModelStep[]
  /** The error's code; null when the steps ended well. */
  readonly code: string | null
  readonly error: AppError | null
}

export async function collect(steps: AsyncIterable<ModelStep>): Promise<Outcome> {
  const collected: ModelStep[] = []
  try {
    for await (const step of steps) collected.push(step)
    return { steps: collected, code: null, error: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { steps: collected, code: error.code, error }
  }
}

export interface Told {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly calls: readonly string[]
  readonly statuses: readonly (string | undefined)[]
  readonly end: ModelEnd | null
}

/** What the steps say. Throws when they break the order that the port promises. */
export function told(steps: readonly ModelStep[]): Told {
  const parts = { text: '', reasoning: '', refusal: '' }
  const calls: string[] = []
  const statuses: (string | undefined)[] = []
  let end: ModelEnd | null = null
  let open: { index: number; id: string; deltas: string } | null = null
  for (const step of steps) {
    if (end !== null) throw new Error(`${step.type} follows the end`)
    if (step.type === 'model-end') {
      if (open !== null) throw new Error('the end comes before the item is closed')
      end = step
    } else if (step.type === 'item-start') {
      if (open !== null || step.index !== statuses.length) throw new Error(`item ${step.index} starts out of turn`)
      open = { index: step.index, id: step.item.id, deltas: '' }
    } else if (open?.index !== step.index) {
      throw new Error(`${step.type} belongs to no open item`)
    } else if (step.type === 'item-end') {
      if (step.item.id !== open.id) throw new Error('the item changed its id')
      if (textOf(step.item) !== open.deltas) throw new Error(`the deltas do not add up to the item: ${open.deltas}`)
      if (step.item.type === 'function_call')
        calls.push(`${step.item.call_id} ${step.item.name} ${step.item.arguments}`)
      statuses.push(step.item.status)
      open = null
    } else if (step.type !== 'native-delta') {
      open.deltas += step.delta
      if (step.type === 'text-delta') parts.text += step.delta
      else if (step.type === 'reasoning-delta') parts.reasoning += step.delta
      else if (step.type === 'refusal-delta') parts.refusal += step.delta
    }
  }
  return { ...parts, calls, statuses, end }
}

function textOf(item: Item): string {
  if (item.type === 'function_call') return item.arguments
  if (item.type === 'reasoning') return (item.content ?? []).map((part) => part.text).join('')
  if (item.type !== 'message') return ''
  return item.content.map((part) => ('text' in part ? part.text : 'refusal' in part ? part.refusal : '')).join('')
}

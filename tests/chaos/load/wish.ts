import { planAnswer } from '@parley/testkit/simulated/simulated-model.ts'
import type { TenantRecord } from '../evidence/evidence.ts'

export interface LoadTenant extends TenantRecord {
  readonly key: string
}

/** What a client asks: a prompt that carries its tenant's canary and a name that no other prompt has. */
export interface Wish {
  readonly model: string
  readonly prompt: string
  /** What the provider answers when this is all that it is told. */
  readonly expectedText: string
}

export interface WishShape {
  readonly chunks: number
  readonly intervalMs: number
  readonly firstMs: number
}

export function makeWish(model: string, tenant: TenantRecord, shape: WishShape): Wish {
  const { chunks, intervalMs, firstMs } = shape
  const directives = `/simulate chunks=${chunks} interval_ms=${intervalMs} first_ms=${firstMs}`
  const prompt = `${directives}\n${model} ${tenant.canary}`
  return { model, prompt, expectedText: answerTo(prompt) }
}

function answerTo(prompt: string): string {
  const plan = planAnswer({
    instructions: null,
    items: [{ type: 'message', id: 'msg_1', role: 'user', content: [{ type: 'input_text', text: prompt }] }],
    options: {},
  })
  if (plan.kind !== 'answer') throw new Error('the simulated model does not answer the prompts of the load')
  return plan.outputs.flatMap((output) => (output.type === 'text' ? output.chunks : [])).join('')
}

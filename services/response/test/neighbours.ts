import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Generate, GptContract } from '@parley/gpt/contract.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestContract, RequestInput, RequestSubmitted } from '@parley/request/contract.ts'
import type { Preferences, SessionCalls } from '@parley/session/contract.ts'
import { testContext } from '@parley/testkit/context.ts'

export const sessionId = `conv_${'a'.repeat(32)}`

/** What a test says about a request; the rest is as in `input`. */
export type Submission = RequestInput & { keepFrames: boolean; context: CallContext }

type Script = (generation: Generate) => AsyncIterable<GenerationStep>

/** The services around this one, as plain memory that tests can look into and break. */
export class FakeNeighbours {
  readonly inputs = new Map<string, { tenant: string; input: RequestInput }>()
  /** Every call of the provider that there was. */
  readonly generations: Generate[] = []
  script: Script = () => textSteps(['Hello', ' world'])
  readonly transcript: Item[] = []
  readonly appended: string[] = []
  readonly abandoned: string[] = []
  readonly held: string[] = []
  preferences: Preferences = {}
  sessionIsDown = false
  requestIsDown = false

  /** A request as its service would have accepted it. */
  accept(change: Partial<Submission> = {}) {
    const { keepFrames, context = testContext(), ...changed } = change
    const accepted: RequestInput = { ...input, ...changed }
    const submitted: RequestSubmitted = {
      requestId: newId('req'),
      responseId: newId('resp'),
      model: accepted.model,
      sessionId: accepted.sessionId,
      previousResponseId: accepted.previousResponseId,
      store: accepted.store,
      keepFrames: keepFrames ?? accepted.store,
      acceptedAt: 1_795_000_000_000,
    }
    this.inputs.set(submitted.requestId, { tenant: context.principal.tenant, input: accepted })
    return { context, submitted }
  }

  readonly request: Pick<CallsOf<typeof RequestContract>, 'getInput'> = {
    getInput: async ({ principal }, { requestId }) => {
      if (this.requestIsDown) throw new AppError('SERVICE_UNAVAILABLE', 'The request service is down.')
      const found = this.inputs.get(requestId)
      if (found?.tenant !== principal.tenant) throw new AppError('REQUEST_NOT_FOUND', 'There is no such request.')
      return found.input
    },
  }

  readonly session: Pick<SessionCalls, 'beginTurn' | 'buildContext' | 'appendTurn' | 'abandonTurn'> = {
    beginTurn: async (_context, { responseId }) => {
      this.held.push(responseId)
      return { preferences: this.preferences }
    },
    buildContext: async () => ({
      items: [...this.transcript],
      preferences: this.preferences,
      tokens: 0,
      truncated: false,
    }),
    appendTurn: async (_context, { responseId, items }) => {
      this.#needSession()
      if (this.appended.includes(responseId)) return { appended: false }
      this.appended.push(responseId)
      this.transcript.push(...items)
      return { appended: true }
    },
    abandonTurn: async (_context, { responseId }) => {
      this.#needSession()
      this.abandoned.push(responseId)
      return {}
    },
  }

  readonly gpt: CallsOf<typeof GptContract> = {
    listModels: () => unused(),
    getModel: async (_context, { model }) => ({ id: model, provider: 'fake', contextTokensMax: 100_000, createdAt: 1 }),
    countTokens: () => unused(),
    renderPrompt: () => unused(),
    generate: (_context, generation) => {
      this.generations.push(generation)
      return this.script(generation)
    },
  }

  #needSession(): void {
    if (this.sessionIsDown) throw new AppError('SERVICE_UNAVAILABLE', 'The session service is down.')
  }
}

async function unused(): Promise<never> {
  throw new Error('the response service has no business with this call')
}

export const input: RequestInput = {
  model: 'some-model',
  instructions: null,
  prompt: null,
  items: [userMessage('Say hello.')],
  options: {},
  delivery: 'incremental',
  store: false,
  sessionId: null,
  previousResponseId: null,
  metadata: {},
}

export function userMessage(text: string, id = 'msg_user'): Item {
  return { type: 'message', id, role: 'user', content: [{ type: 'input_text', text }] }
}

export function assistantMessage(text: string, id = 'msg_answer'): Item {
  const content = [{ type: 'output_text' as const, text, annotations: [] }]
  return { type: 'message', id, role: 'assistant', status: 'completed', content }
}

export const usage = {
  inputTokens: 3,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
  provenance: 'provider',
} as const

export function generationEnd(finish: 'stop' | 'length' | 'tool-calls' | 'content-filter' = 'stop'): GenerationStep {
  return { type: 'generation-end', finish, usage, provider: 'fake', providerModel: 'some-model-1' }
}

export const itemStart: GenerationStep = {
  type: 'item-start',
  index: 0,
  item: { type: 'message', id: 'msg_answer', role: 'assistant', status: 'in_progress', content: [] },
}

/** One message, in these deltas. */
export async function* textSteps(
  deltas: readonly string[],
  finish: 'stop' | 'length' = 'stop',
): AsyncGenerator<GenerationStep> {
  yield itemStart
  for (const delta of deltas) yield { type: 'text-delta', index: 0, delta }
  yield { type: 'item-end', index: 0, item: assistantMessage(deltas.join('')) }
  yield generationEnd(finish)
}

/** The beginning of a message, then nothing for ever. */
export async function* stallingSteps(deltas: readonly string[]): AsyncGenerator<GenerationStep> {
  if (deltas.length > 0) yield itemStart
  for (const delta of deltas) yield { type: 'text-delta', index: 0, delta }
  await new Promise<never>(() => {})
}

/** The beginning of a message, then a failure. */
export async function* failingSteps(deltas: readonly string[], error: Error): AsyncGenerator<GenerationStep> {
  if (deltas.length > 0) yield itemStart
  for (const delta of deltas) yield { type: 'text-delta', index: 0, delta }
  throw error
}

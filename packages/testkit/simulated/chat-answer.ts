import type { FinishReason } from '@parley/kernel/frames.ts'
import type { PlannedOutput, SimulatedAnswer } from './simulated-model.ts'

/** What every part of one answer repeats. */
export interface ChatHead {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
}

/** The whole answer as a `chat.completion` body. */
export function toWholeBody(head: ChatHead, answer: SimulatedAnswer): string {
  const { outputs, finish, directives } = answer
  const calls = outputs.filter((output) => output.type === 'call')
  const message = {
    role: 'assistant',
    content: joined(outputs, 'text'),
    refusal: joined(outputs, 'refusal'),
    reasoning_content: joined(outputs, 'reasoning') ?? undefined,
    tool_calls:
      calls.length === 0 ? undefined : calls.map((call) => toCall(call.callId, call.name, call.chunks.join(''))),
  }
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[finish] }],
    usage: directives.usage === 'missing' ? undefined : toUsage(answer),
  })
}

/** The events of a stream: those before the first delta, one per delta, and those after the last. */
export interface ChatEvents {
  readonly opening: string
  readonly deltas: readonly string[]
  readonly closing: string
}

export function toEvents(
  head: ChatHead,
  answer: SimulatedAnswer,
  { includeUsage }: { includeUsage: boolean },
): ChatEvents {
  const { directives } = answer
  const usageShown = includeUsage && directives.usage !== 'missing'
  const running = directives.usage === 'cumulative' ? toUsage(answer) : includeUsage ? null : undefined
  const prefix = `{"id":${JSON.stringify(head.id)},"object":"chat.completion.chunk","created":${head.created},"model":${JSON.stringify(head.model)}`
  const usageSuffix = running === undefined ? '}' : `,"usage":${JSON.stringify(running)}}`
  const event = (delta: unknown, finish: string | null) => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish }
    return frame(`${prefix},"choices":[${JSON.stringify(choice)}]${usageSuffix}`, answer)
  }
  const done = directives.done === 'missing' ? '' : frame('[DONE]', answer)
  const finish = event({}, finishReasons[answer.finish])
  const usage = usageShown ? frame(`${prefix},"choices":[],"usage":${JSON.stringify(toUsage(answer))}}`, answer) : ''
  return {
    opening: `${directives.bom ? '\uFEFF' : ''}${event({ role: 'assistant', content: '' }, null)}`,
    deltas: answer.outputs.flatMap(toDeltas).map((delta) => event(delta, null)),
    closing: directives.done === 'early' ? `${done}${finish}${usage}` : `${finish}${usage}${done}`,
  }
}

/** One event in the bytes that the directives ask for. */
export function frame(data: string, { directives }: SimulatedAnswer): string {
  const newline = directives.newline === 'crlf' ? '\r\n' : directives.newline === 'cr' ? '\r' : '\n'
  return `${directives.comments ? `: simulated${newline}${newline}` : ''}data: ${data}${newline}${newline}`
}

function toDeltas(output: PlannedOutput, index: number, outputs: readonly PlannedOutput[]): unknown[] {
  switch (output.type) {
    case 'text':
      return output.chunks.map((content) => ({ content }))
    case 'refusal':
      return output.chunks.map((refusal) => ({ refusal }))
    case 'reasoning':
      return output.chunks.map((reasoning) => ({ reasoning_content: reasoning }))
    case 'call': {
      const number = outputs.slice(0, index).filter((earlier) => earlier.type === 'call').length
      const opening = { tool_calls: [{ index: number, ...toCall(output.callId, output.name, '') }] }
      return [
        opening,
        ...output.chunks.map((text) => ({ tool_calls: [{ index: number, function: { arguments: text } }] })),
      ]
    }
  }
}

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

function toCall(id: string, name: string, text: string) {
  return { id, type: 'function', function: { name, arguments: text } }
}

function joined(outputs: readonly PlannedOutput[], type: PlannedOutput['type']): string | null {
  const found = outputs.filter((output) => output.type === type)
  return found.length === 0 ? null : found.flatMap((output) => output.chunks).join('')
}

function toUsage({ usage }: SimulatedAnswer) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

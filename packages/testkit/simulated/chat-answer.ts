import type { FinishReason } from '@parley/kernel/frames.ts'
import { toLogprobs } from './log-probabilities.ts'
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
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: Array.from({ length: answer.choiceCount }, (_, index) => toWholeChoice(answer, index)),
    usage: answer.directives.usage === 'missing' ? undefined : toUsage(answer),
  })
}

function toWholeChoice(answer: SimulatedAnswer, index: number) {
  const outputs = answer.outputs.filter(({ choice }) => choice === index)
  const calls = outputs.filter((output) => output.type === 'call')
  const message = {
    role: 'assistant',
    content: joined(outputs, 'text'),
    refusal: joined(outputs, 'refusal'),
    reasoning_content: joined(outputs, 'reasoning') ?? undefined,
    tool_calls:
      calls.length === 0 ? undefined : calls.map((call) => toCall(call.callId, call.name, call.chunks.join(''))),
  }
  const { topLogprobs } = answer
  const texts = outputs.filter(({ type }) => type === 'text').flatMap(({ chunks }) => chunks)
  const content = topLogprobs === null ? null : texts.flatMap((chunk) => toLogprobs(chunk, topLogprobs))
  const logprobs = content === null ? null : { content, refusal: null }
  return { index, message, logprobs, finish_reason: finishReasons[answer.finish], ...stopReason(answer) }
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
  const event = ({ index, delta, logprobs = null }: ChoiceDelta, finish: string | null, more: object = {}) => {
    const choice = { index, delta, logprobs, finish_reason: finish, ...more }
    return frame(`${prefix},"choices":[${JSON.stringify(choice)}]${usageSuffix}`, answer)
  }
  const done = directives.done === 'missing' ? '' : frame('[DONE]', answer)
  const choices = Array.from({ length: answer.choiceCount }, (_, index) => index)
  const finish = choices
    .map((index) => event({ index, delta: {} }, finishReasons[answer.finish], stopReason(answer)))
    .join('')
  const usage = usageShown ? frame(`${prefix},"choices":[],"usage":${JSON.stringify(toUsage(answer))}}`, answer) : ''
  return {
    opening: `${directives.bom ? '\uFEFF' : ''}${choices
      .map((index) => event({ index, delta: { role: 'assistant', content: '' } }, null))
      .join('')}`,
    deltas: answer.outputs.flatMap((output) => toDeltas(output, answer)).map((delta) => event(delta, null)),
    closing: directives.done === 'early' ? `${done}${finish}${usage}` : `${finish}${usage}${done}`,
  }
}

/** One event in the bytes that the directives ask for. */
export function frame(data: string, { directives }: SimulatedAnswer): string {
  const newline = directives.newline === 'crlf' ? '\r\n' : directives.newline === 'cr' ? '\r' : '\n'
  return `${directives.comments ? `: simulated${newline}${newline}` : ''}data: ${data}${newline}${newline}`
}

interface ChoiceDelta {
  readonly index: number
  readonly delta: unknown
  readonly logprobs?: unknown
}

function toDeltas(output: PlannedOutput, { outputs, topLogprobs }: SimulatedAnswer): ChoiceDelta[] {
  const { choice: index, chunks } = output
  switch (output.type) {
    case 'text':
      return chunks.map((content) => {
        if (topLogprobs === null) return { index, delta: { content } }
        return { index, delta: { content }, logprobs: { content: toLogprobs(content, topLogprobs), refusal: null } }
      })
    case 'refusal':
      return chunks.map((refusal) => ({ index, delta: { refusal } }))
    case 'reasoning':
      return chunks.map((reasoning) => ({ index, delta: { reasoning_content: reasoning } }))
    case 'call': {
      const calls = outputs.filter((other) => other.type === 'call' && other.choice === index)
      const number = calls.indexOf(output)
      const opening = { tool_calls: [{ index: number, ...toCall(output.callId, output.name, '') }] }
      const fragments = chunks.map((text) => ({ tool_calls: [{ index: number, function: { arguments: text } }] }))
      return [opening, ...fragments].map((delta) => ({ index, delta }))
    }
  }
}

/** Which stop sequence was met, as vLLM tells it. */
function stopReason({ stopSequence }: SimulatedAnswer): object {
  return stopSequence === null ? {} : { stop_reason: stopSequence }
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

import type { FinishReason } from '@parley/kernel/frames.ts'
import { readChatCall } from './chat-request.ts'
import { toLogprobs } from './log-probabilities.ts'
import type { PlannedOutput, SimulatedAnswer } from './simulated-model.ts'
import {
  type AnswerEvents,
  type AnswerHead,
  frameEvent,
  type UpstreamCall,
  type UpstreamDialect,
} from './upstream-dialect.ts'

export const chatUpstream: UpstreamDialect = {
  readCall: readChatCall,
  toWholeBody,
  toEvents,
  toErrorBody: (status, { message, param, code }) => {
    const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error'
    return JSON.stringify({ error: { message, type, param, code } })
  },
  toErrorEvent: ({ message, code }, answer) =>
    frame(JSON.stringify({ error: { message, type: 'server_error', code } }), answer),
  toBrokenEvent: (answer) => frame('{"id":"broken","choices":[{', answer),
  ping: ': ping\n\n',
}

/** The whole answer as a `chat.completion` body. */
function toWholeBody(head: AnswerHead, answer: SimulatedAnswer): string {
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
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => toCall(call, call.chunks.join(''))),
  }
  const { topLogprobs } = answer
  const texts = outputs.filter(({ type }) => type === 'text').flatMap(({ chunks }) => chunks)
  const content = topLogprobs === null ? null : texts.flatMap((chunk) => toLogprobs(chunk, topLogprobs))
  const logprobs = content === null ? null : { content, refusal: null }
  return { index, message, logprobs, finish_reason: finishReasons[answer.finish], ...stopReason(answer) }
}

function toEvents(head: AnswerHead, answer: SimulatedAnswer, { includeUsage }: UpstreamCall): AnswerEvents {
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

function frame(data: string, answer: SimulatedAnswer): string {
  return frameEvent([`data: ${data}`], answer)
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
      const opening = { tool_calls: [{ index: number, ...toCall(output, '') }] }
      const written = (text: string) =>
        output.custom ? { custom: { input: text } } : { function: { arguments: text } }
      const fragments = chunks.map((text) => ({ tool_calls: [{ index: number, ...written(text) }] }))
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

function toCall({ callId: id, name, custom }: Extract<PlannedOutput, { type: 'call' }>, text: string) {
  if (custom) return { id, type: 'custom', custom: { name, input: text } }
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

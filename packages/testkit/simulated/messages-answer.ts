import { readMessagesCall } from './messages-request.ts'
import { redactedReasoning, signReasoning } from './messages-signature.ts'
import type { PlannedOutput, SimulatedAnswer } from './simulated-model.ts'
import { type AnswerEvents, type AnswerHead, frameEvent, type UpstreamDialect } from './upstream-dialect.ts'

/** Anthropic's dialect. Every answer is a message; a choice beyond the first cannot be asked for. */
export const messagesUpstream: UpstreamDialect = {
  readCall: readMessagesCall,
  toWholeBody: (head, answer) =>
    JSON.stringify({
      ...toMessage(head),
      content: answer.outputs.flatMap((output) => toBlocks(output, answer)),
      ...toStop(answer),
      ...usageField(answer),
    }),
  toEvents,
  toErrorBody: (status, { message }) =>
    JSON.stringify({
      type: 'error',
      error: { type: errorTypes[status] ?? 'api_error', message },
      request_id: 'req_sim',
    }),
  toErrorEvent: ({ message }, answer) => frame({ type: 'error', error: { type: 'overloaded_error', message } }, answer),
  toBrokenEvent: (answer) =>
    frameEvent(['event: content_block_delta', 'data: {"type":"content_block_delta","del'], answer),
  ping: 'event: ping\ndata: {"type": "ping"}\n\n',
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

function toMessage({ id, model }: AnswerHead) {
  return { id, type: 'message', role: 'assistant', model }
}

function toEvents(head: AnswerHead, answer: SimulatedAnswer): AnswerEvents {
  const { directives } = answer
  const message = { ...toMessage(head), content: [], stop_reason: null, stop_sequence: null, ...usageField(answer, 1) }
  const start = frame({ type: 'message_start', message }, answer)
  const blocks = answer.outputs.flatMap((output) => blockEvents(output, answer))
  const deltas: string[] = []
  for (const [index, { opening, deltas: written, closing }] of blocks.entries()) {
    const numbered = (event: object) => frame({ ...event, index }, answer)
    const texts = written.map(numbered)
    const last = texts.length - 1
    deltas.push(
      ...texts.map((text, place) => {
        const before = place === 0 ? numbered(opening) : ''
        return place === last ? [before, text, ...closing.map(numbered)].join('') : `${before}${text}`
      }),
    )
  }
  const end = frame({ type: 'message_delta', delta: toStop(answer), ...usageField(answer) }, answer)
  const stop = directives.done === 'missing' ? '' : frame({ type: 'message_stop' }, answer)
  return {
    opening: `${directives.bom ? '\uFEFF' : ''}${start}${frame({ type: 'ping' }, answer)}`,
    deltas,
    closing: directives.done === 'early' ? `${stop}${end}` : `${end}${stop}`,
  }
}

interface BlockEvents {
  readonly opening: object
  /** At least one. */
  readonly deltas: readonly object[]
  readonly closing: readonly object[]
}

const blockStop = { type: 'content_block_stop' }

/** The events of an output without their `index`. Empty texts have no block. */
function blockEvents(output: PlannedOutput, answer: SimulatedAnswer): BlockEvents[] {
  const opening = (block: object) => ({ type: 'content_block_start', content_block: block })
  const deltas = (of: (text: string) => object) =>
    output.chunks.map((text) => ({ type: 'content_block_delta', delta: of(text) }))
  if (output.chunks.length === 0) return []
  switch (output.type) {
    case 'reasoning': {
      const signature = signReasoning(output.chunks.join(''))
      const signed = { type: 'content_block_delta', delta: { type: 'signature_delta', signature } }
      const thinking = {
        opening: opening({ type: 'thinking', thinking: '', signature: '' }),
        deltas: deltas((text) => ({ type: 'thinking_delta', thinking: text })),
        closing: [signed, blockStop],
      }
      return answer.directives.redacted ? [thinking, redactedEvents] : [thinking]
    }
    case 'call': {
      const { callId: id, name } = output
      return [
        {
          opening: opening({ type: 'tool_use', id, name, input: {} }),
          deltas: deltas((text) => ({ type: 'input_json_delta', partial_json: text })),
          closing: [blockStop],
        },
      ]
    }
    default:
      return [
        {
          opening: opening({ type: 'text', text: '' }),
          deltas: deltas((text) => ({ type: 'text_delta', text })),
          closing: [blockStop],
        },
      ]
  }
}

const redactedBlock = { type: 'redacted_thinking', data: redactedReasoning }
/** Comes whole: its only delta is its end. */
const redactedEvents: BlockEvents = {
  opening: { type: 'content_block_start', content_block: redactedBlock },
  deltas: [blockStop],
  closing: [],
}

function toBlocks(output: PlannedOutput, { directives }: SimulatedAnswer): object[] {
  const text = output.chunks.join('')
  if (text === '') return []
  if (output.type === 'call') return [{ type: 'tool_use', id: output.callId, name: output.name, input: inputOf(text) }]
  if (output.type !== 'reasoning') return [{ type: 'text', text }]
  const thinking = { type: 'thinking', thinking: text, signature: signReasoning(text) }
  return directives.redacted ? [thinking, redactedBlock] : [thinking]
}

/** A call that was cut off has an empty input. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function toStop({ finish, stopSequence, outputs }: SimulatedAnswer) {
  if (finish === 'content-filter' || outputs.some(({ type }) => type === 'refusal')) {
    const details = { type: 'refusal', category: null, explanation: null }
    return { stop_reason: 'refusal', stop_sequence: null, stop_details: details }
  }
  if (stopSequence !== null) return { stop_reason: 'stop_sequence', stop_sequence: stopSequence }
  const reasons = { stop: 'end_turn', length: 'max_tokens', 'tool-calls': 'tool_use' } as const
  return { stop_reason: reasons[finish], stop_sequence: null }
}

/** `outputTokens`: as many as have been written so far. */
function usageField({ usage, directives }: SimulatedAnswer, outputTokens = usage.outputTokens): { usage?: object } {
  if (directives.usage === 'missing') return {}
  return {
    usage: {
      input_tokens: usage.inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: outputTokens,
      output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    },
  }
}

function frame(event: { type: string; [field: string]: unknown } | object, answer: SimulatedAnswer): string {
  const { type } = event as { type: string }
  return frameEvent([`event: ${type}`, `data: ${JSON.stringify(event)}`], answer)
}

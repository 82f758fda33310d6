import { toLogprobs } from './log-probabilities.ts'
import { readResponsesCall } from './responses-request.ts'
import { sealReasoning } from './responses-seal.ts'
import type { PlannedOutput, SimulatedAnswer } from './simulated-model.ts'
import { type AnswerEvents, type AnswerHead, frameEvent, type UpstreamDialect } from './upstream-dialect.ts'

/** OpenAI's Responses. A choice beyond the first cannot be asked for, and nothing is stored. */
export const responsesUpstream: UpstreamDialect = {
  readCall: readResponsesCall,
  toWholeBody: (head, answer) => JSON.stringify(toResponse(head, answer)),
  toEvents,
  toErrorBody: (status, { message, param, code }) => {
    const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error'
    return JSON.stringify({ error: { message, type, param, code } })
  },
  toErrorEvent: ({ message, code, param }, answer) =>
    frame({ type: 'error', code: code ?? 'server_error', message, param, sequence_number: 0 }, answer),
  toBrokenEvent: (answer) =>
    frameEvent(['event: response.output_text.delta', 'data: {"type":"response.output_text.delta","del'], answer),
  ping: ': ping\n\n',
}

function toResponse(head: AnswerHead, answer: SimulatedAnswer) {
  const { finish } = answer
  const cut = finish === 'length' ? 'max_output_tokens' : finish === 'content-filter' ? 'content_filter' : null
  return {
    ...begun(head),
    status: cut === null ? 'completed' : 'incomplete',
    incomplete_details: cut === null ? null : { reason: cut },
    output: answer.outputs.map((output, index) => toItem(output, index, answer)),
    usage: answer.directives.usage === 'missing' ? null : toUsage(answer),
  }
}

function begun({ id, created, model }: AnswerHead) {
  const head = { id, object: 'response', created_at: created, model, status: 'in_progress', error: null }
  return { ...head, incomplete_details: null, output: [], usage: null, store: false }
}

type Event = { readonly type: string; readonly [field: string]: unknown }

function toEvents(head: AnswerHead, answer: SimulatedAnswer): AnswerEvents {
  const { directives } = answer
  let sequence = 0
  const write = (event: Event) => frame({ ...event, sequence_number: sequence++ }, answer)
  const opening = ['response.created', 'response.in_progress']
    .map((type) => write({ type, response: begun(head) }))
    .join('')
  const deltas = answer.outputs.flatMap((output, index) => {
    const { before, pieces, after } = outputEvents(output, index, answer)
    return pieces.map((piece, place) =>
      [...(place === 0 ? before : []), piece, ...(place === pieces.length - 1 ? after : [])].map(write).join(''),
    )
  })
  const response = toResponse(head, answer)
  const end = write({ type: `response.${response.status}`, response })
  const done = directives.done === 'missing' ? '' : frameEvent(['data: [DONE]'], answer)
  return {
    opening: `${directives.bom ? '\uFEFF' : ''}${opening}`,
    deltas,
    closing: directives.done === 'early' ? `${done}${end}` : `${end}${done}`,
  }
}

/** The events of one output: before its first delta, the deltas, and after the last. */
function outputEvents(output: PlannedOutput, index: number, answer: SimulatedAnswer) {
  const item = toItem(output, index, answer)
  const place = { item_id: item.id, output_index: index }
  const { delta, done } = names[output.type === 'call' && output.custom ? 'custom' : output.type]
  const { topLogprobs } = answer
  const isText = output.type === 'text'
  const certainty = (chunk: string) =>
    !isText ? {} : { logprobs: topLogprobs === null ? [] : toLogprobs(chunk, topLogprobs) }
  const inPart = output.type === 'call' ? {} : { content_index: 0 }
  const pieces: Event[] = (output.chunks.length === 0 ? [''] : output.chunks).map((chunk) => ({
    type: `response.${delta}`,
    ...place,
    ...inPart,
    delta: chunk,
    ...certainty(chunk),
  }))
  const before: Event[] = [{ type: 'response.output_item.added', output_index: index, item: emptied(item) }]
  const after: Event[] = [{ type: `response.${done}`, ...place, ...inPart, ...finalText(output) }]
  after.push({ type: 'response.output_item.done', output_index: index, item })
  return { before, pieces, after }
}

const names = {
  text: { delta: 'output_text.delta', done: 'output_text.done' },
  refusal: { delta: 'refusal.delta', done: 'refusal.done' },
  reasoning: { delta: 'reasoning_text.delta', done: 'reasoning_text.done' },
  call: { delta: 'function_call_arguments.delta', done: 'function_call_arguments.done' },
  custom: { delta: 'custom_tool_call_input.delta', done: 'custom_tool_call_input.done' },
} as const

function finalText(output: PlannedOutput): object {
  const text = output.chunks.join('')
  if (output.type === 'refusal') return { refusal: text }
  if (output.type !== 'call') return { text, ...(output.type === 'text' && { logprobs: [] }) }
  return output.custom ? { input: text } : { name: output.name, arguments: text }
}

type SentItem = { readonly id: string; readonly type: string; readonly [field: string]: unknown }

function toItem(output: PlannedOutput, index: number, { finish, outputs, topLogprobs }: SimulatedAnswer): SentItem {
  const isCut = (finish === 'length' || finish === 'content-filter') && index === outputs.length - 1
  const status = isCut ? 'incomplete' : 'completed'
  const text = output.chunks.join('')
  switch (output.type) {
    case 'call': {
      const { callId: call_id, name, custom } = output
      if (custom) return { id: `ctc_${index}`, type: 'custom_tool_call', status, call_id, name, input: text }
      return { id: `fc_${index}`, type: 'function_call', status, call_id, name, arguments: text }
    }
    case 'reasoning': {
      const id = `rs_${index}`
      const content = [{ type: 'reasoning_text', text }]
      return { id, type: 'reasoning', status, summary: [], content, encrypted_content: sealReasoning(id, text) }
    }
    case 'refusal':
      return {
        id: `msg_${index}`,
        type: 'message',
        status,
        role: 'assistant',
        content: [{ type: 'refusal', refusal: text }],
      }
    case 'text': {
      const logprobs = topLogprobs === null ? [] : output.chunks.flatMap((chunk) => toLogprobs(chunk, topLogprobs))
      const content = [{ type: 'output_text', text, annotations: [], logprobs }]
      return { id: `msg_${index}`, type: 'message', status, role: 'assistant', content }
    }
  }
}

function emptied(item: SentItem): SentItem {
  const fields = ['content', 'arguments', 'input'].filter((name) => name in item)
  return {
    ...item,
    status: 'in_progress',
    ...Object.fromEntries(fields.map((name) => [name, name === 'content' ? [] : ''])),
    ...('encrypted_content' in item && { encrypted_content: '' }),
  }
}

function toUsage({ usage }: SimulatedAnswer) {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

function frame(event: Event, answer: SimulatedAnswer): string {
  return frameEvent([`event: ${event.type}`, `data: ${JSON.stringify(event)}`], answer)
}

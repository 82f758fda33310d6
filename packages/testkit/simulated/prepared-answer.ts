import { frame, toEvents, toWholeBody } from './chat-answer.ts'
import { type ChatCall, readChatCall } from './chat-request.ts'
import { planAnswer, type SimulatedAnswer, type SimulatedFailure } from './simulated-model.ts'

/**
 * Everything of an HTTP answer that can be computed before it is sent. Parts go out one by one: the first at once, the
 * second after `firstMs`, each other after `intervalMs`; then comes the ending.
 */
export interface PreparedAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** The model and delivery that were asked for, for the log; null when the body could not be read. */
  readonly asked: { model: string; stream: boolean } | null
  readonly parts: readonly Buffer[]
  readonly firstMs: number
  readonly intervalMs: number
  /** `short`: closes although more was declared. `reset`: TCP reset. `stall`: silence. `pings`: comments for ever. */
  readonly ending: 'end' | 'short' | 'reset' | 'stall' | 'pings'
}

type Outcome = Pick<PreparedAnswer, 'status' | 'headers' | 'parts' | 'firstMs' | 'intervalMs' | 'ending'>

export function prepareAnswer(body: string, head: { id: string; created: number }): PreparedAnswer {
  const read = readChatCall(body)
  if (read.status === 'wrong') {
    return { ...toError(400, { message: read.message, param: read.param, code: null }), asked: null }
  }
  const { call } = read
  const plan = planAnswer(call.request)
  const asked = { model: call.model, stream: call.stream }
  if (plan.kind === 'failure') return { ...toFailure(plan), asked }
  const chatHead = { ...head, model: call.model }
  return { ...(call.stream ? toStream(call, plan, chatHead) : toWhole(plan, chatHead)), asked }
}

const jsonType = ['content-type', 'application/json']
const eventStreamType = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache']
const htmlPage = '<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>'
const notAnAnswer = '{"unexpected":"this is not a chat completion"}'
const atOnce = { firstMs: 0, intervalMs: 0 }

function toWhole(answer: SimulatedAnswer, head: Parameters<typeof toWholeBody>[0]): Outcome {
  const body = Buffer.from(toWholeBody(head, answer))
  const deltaCount = answer.outputs.reduce((sum, output) => sum + output.chunks.length, 0)
  const delayMs = answer.firstMs + answer.intervalMs * Math.max(0, deltaCount - 1)
  const headers = [...jsonType, 'content-length', String(body.length)]
  const complete: Outcome = { status: 200, headers, parts: [body], firstMs: 0, intervalMs: 0, ending: 'end' }
  const half = body.subarray(0, body.length >> 1)
  switch (answer.breakdown?.kind) {
    case undefined:
      return delayMs === 0 ? complete : { ...complete, parts: [Buffer.alloc(0), body], firstMs: delayMs }
    case 'garble':
      return garbledWhole(answer, complete, half)
    case 'error':
      return toError(500, { message: 'The simulated provider was told to fail.', param: null, code: null })
    case 'end':
      return { ...complete, parts: [half], ending: 'short' }
    case 'disconnect':
      return { ...complete, parts: answer.breakdown?.deltas === 0 ? [] : [half], ending: 'reset' }
    case 'stall':
    case 'pings':
      return { ...complete, parts: answer.breakdown?.deltas === 0 ? [] : [half], ending: 'stall' }
  }
}

function garbledWhole({ directives }: SimulatedAnswer, complete: Outcome, half: Buffer): Outcome {
  if (directives.garble === 'truncate') return { ...complete, parts: [half], ending: 'short' }
  if (directives.garble === 'html') return inFull(200, ['content-type', 'text/html'], htmlPage)
  if (directives.garble === 'json') return inFull(200, jsonType, half.toString())
  return inFull(200, jsonType, directives.garble === 'empty' ? '' : notAnAnswer)
}

function toStream(call: ChatCall, answer: SimulatedAnswer, head: Parameters<typeof toEvents>[0]): Outcome {
  const { breakdown, directives, firstMs, intervalMs } = answer
  if (directives.garble === 'html') return inFull(200, ['content-type', 'text/html'], htmlPage)
  if (directives.garble === 'empty') return inFull(200, eventStreamType, '')
  if (directives.garble === 'sse') return inFull(200, eventStreamType, 'this is not an event stream\n\n')
  const events = toEvents(head, answer, call)
  const sent = breakdown === null ? events.deltas : events.deltas.slice(0, breakdown.deltas)
  const tail = breakdown === null ? events.closing : brokenTail(answer, events.deltas.at(-1) ?? '')
  const paced = firstMs > 0 || intervalMs > 0
  const texts = paced ? [events.opening, ...sent] : [[events.opening, ...sent].join('')]
  // The closing events follow the last delta in one write.
  texts.push(`${texts.pop() ?? ''}${tail}`)
  const ending = breakdown === null ? 'end' : streamEndings[breakdown.kind]
  const early = breakdown?.kind === 'disconnect' && breakdown.deltas === 0
  const parts = early ? [] : texts.map((text) => Buffer.from(text))
  const splitBytes = directives.split_bytes ?? 0
  return {
    status: 200,
    headers: eventStreamType,
    parts: splitBytes > 0 ? splitEvery(Buffer.concat(parts), splitBytes) : parts,
    firstMs,
    intervalMs,
    ending,
  }
}

const streamEndings = {
  garble: 'end',
  error: 'end',
  end: 'end',
  disconnect: 'reset',
  stall: 'stall',
  pings: 'pings',
} as const

function brokenTail(answer: SimulatedAnswer, lastEvent: string): string {
  const { breakdown, directives } = answer
  if (breakdown?.kind === 'error') {
    const error = { message: 'The simulated provider was told to fail.', type: 'server_error', code: null }
    return frame(JSON.stringify({ error }), answer)
  }
  if (directives.garble === 'json') return frame('{"id":"broken","choices":[{', answer)
  return directives.garble === 'truncate' ? lastEvent.slice(0, lastEvent.length >> 1) : ''
}

function toFailure({ status, code, message, retryAfterSeconds }: SimulatedFailure): Outcome {
  const error = toError(status, { message, param: null, code })
  const retry = retryAfterSeconds === null ? [] : ['retry-after', String(retryAfterSeconds)]
  const location = status < 400 ? ['location', '/v1/chat/completions'] : []
  return { ...error, headers: [...error.headers, ...retry, ...location] }
}

export function toError(
  status: number,
  { message, param, code }: { message: string; param: string | null; code: string | null },
): Outcome {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error'
  return inFull(status, jsonType, JSON.stringify({ error: { message, type, param, code } }))
}

function inFull(status: number, headers: readonly string[], text: string): Outcome {
  const body = Buffer.from(text)
  return {
    status,
    headers: [...headers, 'content-length', String(body.length)],
    parts: [body],
    ...atOnce,
    ending: 'end',
  }
}

function splitEvery(bytes: Buffer, size: number): Buffer[] {
  const slices: Buffer[] = []
  for (let start = 0; start < bytes.length; start += size) slices.push(bytes.subarray(start, start + size))
  return slices
}

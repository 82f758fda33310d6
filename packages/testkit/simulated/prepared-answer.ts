import { planAnswer, type SimulatedAnswer, type SimulatedFailure } from './simulated-model.ts'
import type { AnswerHead, UpstreamCall, UpstreamDialect, UpstreamFailure } from './upstream-dialect.ts'

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
  /** `short`: closes although more was declared. `reset`: TCP reset. `stall`: silence. `pings`: `ping` for ever. */
  readonly ending: 'end' | 'short' | 'reset' | 'stall' | 'pings'
  /** Says that the connection is alive and nothing else. */
  readonly ping: string
}

type Outcome = Omit<PreparedAnswer, 'asked' | 'ping'>

/** What an answer is made of. */
interface Making {
  readonly dialect: UpstreamDialect
  readonly head: AnswerHead
  readonly call: UpstreamCall
}

export function prepareAnswer(dialect: UpstreamDialect, body: string, head: Omit<AnswerHead, 'model'>): PreparedAnswer {
  const { ping } = dialect
  const read = dialect.readCall(body)
  if (read.status === 'wrong') {
    return { ...toError(dialect, 400, { message: read.message, param: read.param, code: null }), asked: null, ping }
  }
  const { call } = read
  const plan = planAnswer(call.request)
  const asked = { model: call.model, stream: call.stream }
  if (plan.kind === 'failure') return { ...toFailure(dialect, plan), asked, ping }
  const making = { dialect, head: { ...head, model: call.model }, call }
  return { ...(call.stream ? toStream(making, plan) : toWhole(making, plan)), asked, ping }
}

const jsonType = ['content-type', 'application/json']
const eventStreamType = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache']
const htmlPage = '<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>'
const notAnAnswer = '{"unexpected":"this is not a chat completion"}'
const atOnce = { firstMs: 0, intervalMs: 0 }

function toWhole({ dialect, head }: Making, answer: SimulatedAnswer): Outcome {
  const body = Buffer.from(dialect.toWholeBody(head, answer))
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
      return toError(dialect, 500, toldToFail)
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

function toStream({ dialect, head, call }: Making, answer: SimulatedAnswer): Outcome {
  const { breakdown, directives, firstMs, intervalMs } = answer
  if (directives.garble === 'html') return inFull(200, ['content-type', 'text/html'], htmlPage)
  if (directives.garble === 'empty') return inFull(200, eventStreamType, '')
  if (directives.garble === 'sse') return inFull(200, eventStreamType, 'this is not an event stream\n\n')
  const events = dialect.toEvents(head, answer, call)
  const sent = breakdown === null ? events.deltas : events.deltas.slice(0, breakdown.deltas)
  const tail = breakdown === null ? events.closing : brokenTail(dialect, answer, events.deltas.at(-1) ?? '')
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

const toldToFail = { message: 'The simulated provider was told to fail.', param: null, code: null }

function brokenTail(dialect: UpstreamDialect, answer: SimulatedAnswer, lastEvent: string): string {
  const { breakdown, directives } = answer
  if (breakdown?.kind === 'error') return dialect.toErrorEvent(toldToFail, answer)
  if (directives.garble === 'json') return dialect.toBrokenEvent(answer)
  return directives.garble === 'truncate' ? lastEvent.slice(0, lastEvent.length >> 1) : ''
}

function toFailure(dialect: UpstreamDialect, { status, code, message, retryAfterSeconds }: SimulatedFailure): Outcome {
  const error = toError(dialect, status, { message, param: null, code })
  const retry = retryAfterSeconds === null ? [] : ['retry-after', String(retryAfterSeconds)]
  const location = status < 400 ? ['location', '/v1/chat/completions'] : []
  return { ...error, headers: [...error.headers, ...retry, ...location] }
}

export function toError(dialect: UpstreamDialect, status: number, failure: UpstreamFailure): Outcome {
  return inFull(status, jsonType, dialect.toErrorBody(status, failure))
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

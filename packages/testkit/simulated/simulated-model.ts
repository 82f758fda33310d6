import type { FinishReason } from '@parley/kernel/frames.ts'
import { type Item, itemText } from '@parley/kernel/items.ts'
import { estimateItemTokens, estimateTextTokens } from '@parley/kernel/usage.ts'
import { type PlannedCall, planCalls } from './answer-calls.ts'
import { answerText } from './answer-text.ts'
import { type Directives, parseMessage } from './directives.ts'
import { jsonAnswer } from './schema-instance.ts'
import type { SimulatedRequest } from './simulated-request.ts'
import { fitBytes, growToPieces, toChunks, toPieces } from './text-pieces.ts'

/** What the model will do, before it does it. `failure`: it answers with an error status instead of an answer. */
export type SimulatedPlan = SimulatedFailure | SimulatedAnswer

export interface SimulatedFailure {
  readonly kind: 'failure'
  readonly status: number
  readonly code: string | null
  readonly message: string
  readonly retryAfterSeconds: number | null
}

export interface SimulatedAnswer {
  readonly kind: 'answer'
  readonly outputs: readonly PlannedOutput[]
  readonly finish: FinishReason
  /** The stop sequence that the answer met; null when it met none. */
  readonly stopSequence: string | null
  readonly choiceCount: number
  /** How many alternatives are told of each token; null when no log probabilities were asked for. */
  readonly topLogprobs: number | null
  readonly usage: SimulatedUsage
  readonly firstMs: number
  readonly intervalMs: number
  /** How the answer breaks off after `deltas` deltas; null when it is complete. */
  readonly breakdown: Breakdown | null
  readonly directives: Directives
}

/** The chunks of an output concatenate to its text, or to the arguments of a call. `choice` numbers answers from 0. */
export type PlannedOutput = { readonly chunks: readonly string[]; readonly choice: number } & (
  | { readonly type: 'reasoning' | 'text' | 'refusal' }
  | { readonly type: 'call'; readonly callId: string; readonly name: string; readonly custom: boolean }
)

export interface SimulatedUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

export interface Breakdown {
  readonly kind: 'stall' | 'pings' | 'error' | 'end' | 'disconnect' | 'garble'
  readonly deltas: number
}

const chunksDefault = 256

/** Decides what the simulated model answers. Pure: the same request gives the same plan. */
export function planAnswer(request: SimulatedRequest): SimulatedPlan {
  const parsed = parseMessage(lastUserText(request.items))
  if (parsed.status === 'wrong') return failure(400, 'invalid_simulation', parsed.message)
  const { directives, prompt } = parsed
  if (directives.fail_status !== undefined) {
    const { fail_status: status, fail_code: code = null, retry_after: retryAfter = null } = directives
    return failure(status, code, `The simulated provider was told to fail with status ${status}.`, retryAfter)
  }
  const calls = planCalls(request, { directives, prompt })
  if (calls.status === 'wrong') return failure(400, 'invalid_value', calls.message)
  const written = calls.calls.length > 0 ? writeCalls(calls.calls) : writeText(request, { directives, prompt })
  const outputs = [...writeReasoning(directives.reasoning ?? 0), ...written.outputs]
  return toAnswer(request, { ...written, directives, outputs })
}

/** An output before the limit of tokens is applied. */
interface WrittenOutput {
  readonly head:
    | { type: 'reasoning' | 'text' | 'refusal' }
    | { type: 'call'; callId: string; name: string; custom: boolean }
  readonly pieces: readonly string[]
}

interface Written {
  readonly outputs: readonly WrittenOutput[]
  readonly finish: FinishReason
  readonly stopSequence: string | null
}

function writeCalls(calls: readonly PlannedCall[]): Written {
  const outputs = calls.map(({ callId, name, arguments: text, custom }) => ({
    head: { type: 'call' as const, callId, name, custom },
    pieces: toPieces(text),
  }))
  return { outputs, finish: 'tool-calls', stopSequence: null }
}

function writeText(
  request: SimulatedRequest,
  { directives, prompt }: { directives: Directives; prompt: string },
): Written {
  const { textFormat = { type: 'text' }, stop = [] } = request.options
  const plain = textFormat.type === 'text'
  let text = plain ? answerText(request.items, prompt) : jsonAnswer(textFormat)
  if (directives.refusal) text = 'Simulated refusal: I was told to refuse.'
  if (plain && directives.text_bytes !== undefined) text = fitBytes(text, directives.text_bytes)
  const stopped = firstStop(text, stop)
  if (stopped !== null) text = text.slice(0, stopped.at)
  const grow = plain && directives.text_bytes === undefined && stopped === null ? (directives.chunks ?? 0) : 0
  const finish = directives.finish === undefined ? 'stop' : 'content-filter'
  return {
    outputs: [{ head: { type: directives.refusal ? 'refusal' : 'text' }, pieces: growToPieces(text, grow) }],
    finish,
    stopSequence: stopped?.sequence ?? null,
  }
}

function firstStop(text: string, stop: readonly string[]): { sequence: string; at: number } | null {
  const met = stop
    .map((sequence) => ({ sequence, at: sequence === '' ? -1 : text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
  return met.sort((left, right) => left.at - right.at)[0] ?? null
}

function writeReasoning(count: number): WrittenOutput[] {
  return count === 0
    ? []
    : [{ head: { type: 'reasoning' }, pieces: growToPieces('Simulated reasoning:', count).slice(0, count) }]
}

function toAnswer(
  request: SimulatedRequest,
  { directives, outputs, finish, stopSequence }: Written & { directives: Directives },
): SimulatedAnswer {
  const limit = request.options.maxOutputTokens ?? Number.POSITIVE_INFINITY
  const chunks = directives.chunks ?? chunksDefault
  const planned: PlannedOutput[] = []
  let outputTokens = 0
  let reasoningTokens = 0
  let cut = false
  for (const { head, pieces } of outputs) {
    if (outputTokens === limit && pieces.length > 0) cut = true
    if (cut) break
    const kept = pieces.slice(0, limit - outputTokens)
    cut = kept.length < pieces.length
    outputTokens += kept.length
    if (head.type === 'reasoning') reasoningTokens += kept.length
    planned.push({ ...head, choice: 0, chunks: toChunks(kept, head.type === 'reasoning' ? chunksDefault : chunks) })
  }
  const answers = request.options.choices ?? 1
  return {
    kind: 'answer',
    outputs: repeatForChoices(planned, answers),
    finish: cut ? 'length' : finish,
    stopSequence: cut ? null : stopSequence,
    choiceCount: answers,
    topLogprobs: request.options.topLogprobs ?? null,
    usage: {
      inputTokens: countInput(request),
      outputTokens: outputTokens * answers,
      reasoningTokens: reasoningTokens * answers,
    },
    firstMs: directives.first_ms ?? 0,
    intervalMs: directives.interval_ms ?? 0,
    breakdown: breakdownOf(directives),
    directives,
  }
}

/** All answers to one request say the same, for the model is deterministic. */
function repeatForChoices(outputs: readonly PlannedOutput[], answers: number): PlannedOutput[] {
  return Array.from({ length: answers }, (_, choice) => outputs.map((output) => ({ ...output, choice }))).flat()
}

/** The tokens of a request as the simulated provider bills them. */
export function countInput({ instructions, items }: Pick<SimulatedRequest, 'instructions' | 'items'>): number {
  let tokens = instructions === null ? 0 : estimateTextTokens(instructions)
  for (const item of items) tokens += estimateItemTokens(item)
  return tokens
}

function breakdownOf(directives: Directives): Breakdown | null {
  const { garble } = directives
  if (garble !== undefined) return { kind: 'garble', deltas: garble === 'json' || garble === 'truncate' ? 1 : 0 }
  if (directives.disconnect_after !== undefined) return { kind: 'disconnect', deltas: directives.disconnect_after }
  if (directives.end_after !== undefined) return { kind: 'end', deltas: directives.end_after }
  if (directives.fail_after !== undefined) return { kind: 'error', deltas: directives.fail_after }
  if (directives.pings_after !== undefined) return { kind: 'pings', deltas: directives.pings_after }
  if (directives.stall_after !== undefined) return { kind: 'stall', deltas: directives.stall_after }
  return null
}

function failure(
  status: number,
  code: string | null,
  message: string,
  retryAfterSeconds: number | null = null,
): SimulatedFailure {
  return { kind: 'failure', status, code, message, retryAfterSeconds }
}

function lastUserText(items: readonly Item[]): string {
  const last = items.findLast((item) => item.type === 'message' && item.role === 'user')
  return last === undefined ? '' : itemText(last)
}

import type { SimulatedAnswer } from './simulated-model.ts'
import type { SimulatedRequest } from './simulated-request.ts'

/** A request as the simulated upstream understands it, whatever its dialect. */
export interface UpstreamCall {
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly request: SimulatedRequest
}

export type ReadCall = { status: 'ok'; call: UpstreamCall } | { status: 'wrong'; message: string; param: string | null }

/** What every part of one answer repeats. */
export interface AnswerHead {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
}

/** The events of a stream: those before the first delta, one text per delta, and those after the last. */
export interface AnswerEvents {
  readonly opening: string
  readonly deltas: readonly string[]
  readonly closing: string
}

export interface UpstreamFailure {
  readonly message: string
  readonly param: string | null
  readonly code: string | null
}

/** How a provider's dialect says what the simulated model does. */
export interface UpstreamDialect {
  /** As strict as the real provider about what it takes, so that an encoder's mistakes show. */
  readCall(text: string): ReadCall
  toWholeBody(head: AnswerHead, answer: SimulatedAnswer): string
  toEvents(head: AnswerHead, answer: SimulatedAnswer, call: UpstreamCall): AnswerEvents
  toErrorBody(status: number, failure: UpstreamFailure): string
  /** What a stream says that fails midway. */
  toErrorEvent(failure: UpstreamFailure, answer: SimulatedAnswer): string
  /** An event whose data is cut off. */
  toBrokenEvent(answer: SimulatedAnswer): string
  /** Says that the connection is alive and nothing else. */
  readonly ping: string
}

/** Lines of one event in the bytes that the directives ask for. */
export function frameEvent(lines: readonly string[], { directives }: SimulatedAnswer): string {
  const newline = directives.newline === 'crlf' ? '\r\n' : directives.newline === 'cr' ? '\r' : '\n'
  const comment = directives.comments ? `: simulated${newline}${newline}` : ''
  return `${comment}${lines.join(newline)}${newline}${newline}`
}

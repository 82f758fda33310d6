import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame, ResponseEnd, ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { errorBody } from '../errors.ts'
import { toSeconds } from '../schemas.ts'
import { encodeToolCall } from './encode-completion.ts'
import { completionId, encodeFinish, encodeUsage } from './encode-usage.ts'
import { outcomeError } from './outcome-error.ts'

export interface ChunkEncoderOptions {
  responseId: string
  requestId: string
  /** Whether a last chunk with the usage was asked for; all others then say `usage: null`. */
  includeUsage: boolean
}

/**
 * Frames as the chunks of a streamed chat completion:
 *
 *   data: {…"delta":{"role":"assistant",…}…}   first
 *   data: {…"delta":{…}…}                      per delta
 *   data: {…"delta":{},"finish_reason":…}      last of the choice
 *   data: {…"choices":[],"usage":{…}}          when asked for
 *   data: [DONE]
 *
 * A response that fails ends with an error event and without `[DONE]`.
 */
export class ChunkEncoder {
  readonly #options: ChunkEncoderOptions
  readonly #usageField: string
  /** Everything up to the choices, which is the same in all chunks. */
  #head = ''
  #roleSent = false
  /** Calls are numbered among themselves, by their place among the output items. */
  readonly #callNumbers = new Map<number, number>()
  /** How much of an item's text or arguments was sent, to complete it from what ends the item. */
  readonly #sentChars = new Map<number, number>()

  constructor(options: ChunkEncoderOptions) {
    this.#options = options
    this.#usageField = options.includeUsage ? ',"usage":null' : ''
  }

  encode({ step }: Frame): string[] {
    switch (step.type) {
      case 'response-start':
        this.#head = this.#encodeHead(step)
        return []
      case 'item-start':
        return this.#startItem(step.index, step.item)
      case 'text-delta':
        return this.#delta(step.index, 'content', step.delta)
      case 'refusal-delta':
        return this.#delta(step.index, 'refusal', step.delta)
      case 'reasoning-delta':
        return this.#delta(step.index, 'reasoning_content', step.delta)
      case 'arguments-delta':
        return this.#argumentsDelta(step.index, step.delta)
      case 'item-end':
        return this.#endItem(step.index, step.item)
      case 'response-end':
        return this.#end(step)
    }
  }

  encodeError(error: AppError): string {
    return `data: ${errorBody(error, this.#options.requestId)}\n\n`
  }

  #encodeHead({ createdAt, model }: Extract<ResponseStep, { type: 'response-start' }>): string {
    const head = {
      id: completionId(this.#options.responseId),
      object: 'chat.completion.chunk',
      created: toSeconds(createdAt),
      model,
    }
    return `data: ${JSON.stringify(head).slice(0, -1)},"choices":`
  }

  #startItem(index: number, item: Item): string[] {
    if (item.type === 'message') return this.#roleSent ? [] : [this.#chunk({ ...this.#role(), content: '' })]
    if (item.type !== 'function_call') return []
    const number = this.#callNumbers.size
    this.#callNumbers.set(index, number)
    const call = { index: number, ...encodeToolCall({ ...item, arguments: '' }) }
    return [this.#chunk({ ...this.#role(), tool_calls: [call] })]
  }

  /** The first delta names the role, whatever it carries. */
  #role(): { role?: string; content?: null; refusal?: null } {
    if (this.#roleSent) return {}
    this.#roleSent = true
    return { role: 'assistant', content: null, refusal: null }
  }

  #delta(index: number, field: string, delta: string): string[] {
    this.#count(index, delta)
    if (!this.#roleSent) return [this.#chunk({ ...this.#role(), [field]: delta })]
    // The most frequent event by far.
    const choice = `[{"index":0,"delta":{"${field}":${JSON.stringify(delta)}},"logprobs":null,"finish_reason":null}]`
    return [`${this.#head}${choice}${this.#usageField}}\n\n`]
  }

  #argumentsDelta(index: number, delta: string): string[] {
    const number = this.#callNumbers.get(index)
    if (number === undefined) return []
    this.#count(index, delta)
    return [this.#chunk({ tool_calls: [{ index: number, function: { arguments: delta } }] })]
  }

  /** Sends what no delta has carried: an item may come whole. */
  #endItem(index: number, item: Item): string[] {
    const sent = this.#sentChars.get(index) ?? 0
    if (item.type === 'function_call') {
      const rest = item.arguments.slice(sent)
      return rest === '' ? [] : this.#argumentsDelta(index, rest)
    }
    if (item.type !== 'message' || sent > 0) return []
    return item.content.flatMap((part) => {
      if (part.type === 'output_text' && part.text !== '') return this.#delta(index, 'content', part.text)
      if (part.type === 'refusal') return this.#delta(index, 'refusal', part.refusal)
      return []
    })
  }

  #end(end: ResponseEnd): string[] {
    const error = outcomeError(end)
    if (error !== null) return [this.encodeError(error)]
    const events = this.#roleSent ? [] : [this.#chunk({ ...this.#role(), content: '' })]
    events.push(this.#chunk({}, encodeFinish(end.finish)))
    if (this.#options.includeUsage && end.usage !== null) {
      events.push(`${this.#head}[],"usage":${JSON.stringify(encodeUsage(end.usage))}}\n\n`)
    }
    events.push('data: [DONE]\n\n')
    return events
  }

  #chunk(delta: object, finishReason: string | null = null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
    return `${this.#head}${JSON.stringify(choices)}${this.#usageField}}\n\n`
  }

  #count(index: number, delta: string): void {
    this.#sentChars.set(index, (this.#sentChars.get(index) ?? 0) + delta.length)
  }
}

import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame, ResponseEnd, ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { errorBody } from '../errors.ts'
import { outcomeError } from '../outcome-error.ts'
import { toSeconds } from '../schemas.ts'
import { encodeToolCall, reasoningText } from './encode-completion.ts'
import { completionId, encodeFinish, encodeUsage } from './encode-usage.ts'

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
  /** Choices whose role was sent; the first one apart from the others, which few answers have. */
  #roleSent = false
  readonly #otherRolesSent = new Set<number>()
  /** Calls are numbered among those of their choice, by their place among the output items. */
  readonly #callNumbers = new Map<number, number>()
  readonly #callCounts: number[] = []
  /** Calls of custom tools, which few answers have. */
  readonly #customCalls = new Set<number>()
  /** How much of an item's text or arguments was sent, to complete it from what ends the item. */
  readonly #sentChars = new Map<number, number>()
  /** The choices of items, those of the first left out. */
  readonly #choices = new Map<number, number>()

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
        return this.#delta(step.index, 'content', step)
      case 'refusal-delta':
        return this.#delta(step.index, 'refusal', step)
      case 'reasoning-delta':
        return this.#delta(step.index, 'reasoning_content', step)
      case 'arguments-delta':
        return this.#argumentsDelta(step.index, step.delta)
      case 'native-delta':
        return (step.dialect ?? 'chat') === 'chat' ? this.#nativeDelta(step.index, step.fields) : []
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
    const choice = 'choice' in item ? (item.choice ?? 0) : 0
    if (choice > 0) this.#choices.set(index, choice)
    if (item.type === 'message') {
      return this.#isRoleSent(choice) ? [] : [this.#chunk(choice, { ...this.#role(choice), content: '' })]
    }
    if (item.type !== 'function_call') return []
    const number = this.#callCounts[choice] ?? 0
    this.#callCounts[choice] = number + 1
    this.#callNumbers.set(index, number)
    if (item.custom === true) this.#customCalls.add(index)
    const call = { index: number, ...encodeToolCall({ ...item, arguments: '' }) }
    return [this.#chunk(choice, { ...this.#role(choice), tool_calls: [call] })]
  }

  #choiceOf(index: number): number {
    return this.#choices.size === 0 ? 0 : (this.#choices.get(index) ?? 0)
  }

  #isRoleSent(choice: number): boolean {
    return choice === 0 ? this.#roleSent : this.#otherRolesSent.has(choice)
  }

  /** The first delta of a choice names the role, whatever it carries. */
  #role(choice: number): { role?: string; content?: null; refusal?: null } {
    if (this.#isRoleSent(choice)) return {}
    if (choice === 0) this.#roleSent = true
    else this.#otherRolesSent.add(choice)
    return { role: 'assistant', content: null, refusal: null }
  }

  #delta(index: number, field: string, { delta, logprobs }: { delta: string; logprobs?: unknown[] }): string[] {
    this.#count(index, delta)
    const choice = this.#choiceOf(index)
    const certain = logprobs === undefined ? 'null' : JSON.stringify(encodeLogprobs(field, logprobs))
    if (!this.#isRoleSent(choice)) return [this.#chunk(choice, { ...this.#role(choice), [field]: delta }, { certain })]
    // The most frequent event by far.
    const text = `[{"index":${choice},"delta":{"${field}":${JSON.stringify(delta)}},"logprobs":${certain},"finish_reason":null}]`
    return [`${this.#head}${text}${this.#usageField}}\n\n`]
  }

  #argumentsDelta(index: number, delta: string): string[] {
    const number = this.#callNumbers.get(index)
    if (number === undefined) return []
    this.#count(index, delta)
    const written = this.#customCalls.has(index) ? { custom: { input: delta } } : { function: { arguments: delta } }
    return [this.#chunk(this.#choiceOf(index), { tool_calls: [{ index: number, ...written }] })]
  }

  #nativeDelta(index: number, fields: object): string[] {
    const choice = this.#choiceOf(index)
    return [this.#chunk(choice, { ...this.#role(choice), ...fields })]
  }

  /** Sends what no delta has carried: an item may come whole. */
  #endItem(index: number, item: Item): string[] {
    const sent = this.#sentChars.get(index) ?? 0
    if (item.type === 'function_call') {
      const rest = item.arguments.slice(sent)
      return rest === '' ? [] : this.#argumentsDelta(index, rest)
    }
    if (sent > 0) return []
    if (item.type === 'reasoning') {
      const delta = reasoningText(item)
      return delta === '' ? [] : this.#delta(index, 'reasoning_content', { delta })
    }
    if (item.type !== 'message') return []
    return item.content.flatMap((part) => {
      if (part.type === 'output_text' && part.text !== '') return this.#delta(index, 'content', { delta: part.text })
      if (part.type === 'refusal') return this.#delta(index, 'refusal', { delta: part.refusal })
      return []
    })
  }

  #end(end: ResponseEnd): string[] {
    const error = outcomeError(end)
    if (error !== null) return [this.encodeError(error)]
    const events: string[] = []
    for (const [choice, finish] of (end.finishes ?? [end.finish]).entries()) {
      if (!this.#isRoleSent(choice)) events.push(this.#chunk(choice, { ...this.#role(choice), content: '' }))
      events.push(this.#chunk(choice, {}, { finishReason: encodeFinish(finish) }))
    }
    if (this.#options.includeUsage && end.usage !== null) {
      events.push(`${this.#head}[],"usage":${JSON.stringify(encodeUsage(end.usage))}}\n\n`)
    }
    events.push('data: [DONE]\n\n')
    return events
  }

  /** `certain`: the log probabilities as JSON. */
  #chunk(choice: number, delta: object, { certain = 'null', finishReason = null }: ChunkEnd = {}): string {
    const [body, reason] = [JSON.stringify(delta), JSON.stringify(finishReason)]
    const text = `[{"index":${choice},"delta":${body},"logprobs":${certain},"finish_reason":${reason}}]`
    return `${this.#head}${text}${this.#usageField}}\n\n`
  }

  #count(index: number, delta: string): void {
    this.#sentChars.set(index, (this.#sentChars.get(index) ?? 0) + delta.length)
  }
}

interface ChunkEnd {
  readonly certain?: string
  readonly finishReason?: string | null
}

function encodeLogprobs(field: string, logprobs: unknown[]): object {
  return field === 'refusal' ? { content: null, refusal: logprobs } : { content: logprobs, refusal: null }
}

import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame, ResponseEnd } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { outcomeError } from '../outcome-error.ts'
import { anthropicErrorBody } from './anthropic-error.ts'
import type { ThinkingShown } from './decode-request.ts'
import {
  encodeStop,
  encodeUsage,
  isBlock,
  messageHead,
  textBlock,
  thinkingBlock,
  toolUseBlock,
} from './encode-message.ts'

export interface MessageEventEncoderOptions {
  readonly responseId: string
  readonly requestId: string
  readonly thinking: ThinkingShown
}

type BlockKind = 'text' | 'refusal' | 'thinking' | 'tool' | 'foreign'

/**
 * Frames as the named events of a streamed message:
 *
 *   message_start (content_block_start content_block_delta* content_block_stop)* message_delta message_stop
 *
 * Blocks are numbered densely by what is shown, since hidden reasoning has none. A text block is opened by its first
 * text, so that an empty message shows no block. What fails after the first event ends with `event: error`.
 */
export class MessageEventEncoder {
  readonly #options: MessageEventEncoderOptions
  #open: { kind: BlockKind; item: number; sentChars: number } | null = null
  #blockCount = 0
  readonly #ended: Item[] = []

  constructor(options: MessageEventEncoderOptions) {
    this.#options = options
  }

  encode({ step }: Frame): string[] {
    switch (step.type) {
      case 'response-start':
        return [this.#startMessage(step.model)]
      case 'item-start':
        return this.#startItem(step.index, step.item)
      case 'text-delta':
        return this.#text('text', step.index, step.delta)
      case 'refusal-delta':
        return this.#text('refusal', step.index, step.delta)
      case 'reasoning-delta':
        if (this.#options.thinking !== 'full') return []
        return this.#delta('thinking', { type: 'thinking_delta', thinking: step.delta }, step.delta)
      case 'arguments-delta':
        return this.#delta('tool', { type: 'input_json_delta', partial_json: step.delta }, step.delta)
      case 'native-delta':
        return step.dialect === 'messages' ? this.#native(step.index, step.fields) : []
      case 'item-end':
        return this.#endItem(step.index, step.item)
      case 'response-end':
        return this.#end(step)
    }
  }

  encodeError(error: AppError): string {
    return `event: error\ndata: ${anthropicErrorBody(error, this.#options.requestId)}\n\n`
  }

  #startMessage(model: string): string {
    const message = {
      ...messageHead(this.#options.responseId, model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: encodeUsage({ usage: null }),
    }
    return event({ type: 'message_start', message })
  }

  #startItem(index: number, item: Item): string[] {
    if (item.type === 'function_call') return this.#startBlock('tool', index, toolUseBlock(item))
    if (item.type !== 'reasoning' || this.#options.thinking === 'none') return []
    // What was encrypted comes whole, with the end of the item.
    if (typeof item.encrypted_content === 'string') return []
    return this.#startBlock('thinking', index, { type: 'thinking', thinking: '', signature: '' })
  }

  #text(kind: 'text' | 'refusal', index: number, delta: string): string[] {
    const isOpen = this.#open?.kind === kind && this.#open.item === index
    const events = isOpen ? [] : this.#startBlock(kind, index, textBlock(''))
    events.push(...this.#delta(kind, { type: 'text_delta', text: delta }, delta))
    return events
  }

  /** A block of the provider's own comes whole; citations belong to the text in front of them. */
  #native(index: number, { block, citations }: Readonly<Record<string, unknown>>): string[] {
    if (isBlock(block)) return [...this.#startBlock('foreign', index, block), ...this.#stopBlock()]
    if (!Array.isArray(citations)) return []
    const isOpen = this.#open?.kind === 'text' && this.#open.item === index
    const events = isOpen ? [] : this.#startBlock('text', index, textBlock(''))
    for (const citation of citations) events.push(...this.#delta('text', { type: 'citations_delta', citation }, ''))
    return events
  }

  #startBlock(kind: BlockKind, item: number, block: object): string[] {
    const events = this.#stopBlock()
    this.#open = { kind, item, sentChars: 0 }
    events.push(event({ type: 'content_block_start', index: this.#blockCount++, content_block: block }))
    return events
  }

  #delta(kind: string, delta: object, text: string): string[] {
    if (this.#open?.kind !== kind) return []
    this.#open.sentChars += text.length
    return [event({ type: 'content_block_delta', index: this.#blockCount - 1, delta })]
  }

  #stopBlock(): string[] {
    if (this.#open === null) return []
    this.#open = null
    return [event({ type: 'content_block_stop', index: this.#blockCount - 1 })]
  }

  /** Sends what no delta has carried: an item may come whole. */
  #endItem(index: number, item: Item): string[] {
    this.#ended.push(item)
    const sent = this.#open?.item === index ? this.#open.sentChars : 0
    const events: string[] = []
    if (item.type === 'function_call') {
      const rest = item.arguments.slice(sent)
      if (rest !== '') events.push(...this.#delta('tool', { type: 'input_json_delta', partial_json: rest }, rest))
    } else if (item.type === 'message' && sent === 0) events.push(...this.#wholeMessage(index, item))
    else if (item.type === 'reasoning' && this.#options.thinking !== 'none') {
      events.push(...this.#wholeReasoning(index, item, sent))
    }
    return [...events, ...this.#stopBlock()]
  }

  #wholeMessage(index: number, { content }: Extract<Item, { type: 'message' }>): string[] {
    return content.flatMap((part) => {
      if (part.type === 'output_text' && part.text !== '') return this.#text('text', index, part.text)
      return part.type === 'refusal' && part.refusal !== '' ? this.#text('refusal', index, part.refusal) : []
    })
  }

  #wholeReasoning(index: number, item: Extract<Item, { type: 'reasoning' }>, sent: number): string[] {
    const block = thinkingBlock(item, this.#options.thinking)
    if (block.type === 'redacted_thinking') return this.#startBlock('thinking', index, block)
    const events: string[] = []
    const { thinking = '', signature = '' } = block as { thinking?: string; signature?: string }
    if (sent === 0 && thinking !== '') {
      events.push(...this.#delta('thinking', { type: 'thinking_delta', thinking }, thinking))
    }
    if (signature !== '') events.push(...this.#delta('thinking', { type: 'signature_delta', signature }, ''))
    return events
  }

  #end(end: ResponseEnd): string[] {
    const error = outcomeError(end)
    if (error !== null) return [this.encodeError(error)]
    const usage = encodeUsage(end)
    const delta = { container: null, ...encodeStop(end, this.#ended) }
    return [...this.#stopBlock(), event({ type: 'message_delta', delta, usage }), event({ type: 'message_stop' })]
  }
}

function event(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}

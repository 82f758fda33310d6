import type { Item } from '@parley/kernel/items.ts'
import { encodeItem, encodePart } from './encode-items.ts'
import { encodeLogprob } from './encode-logprobs.ts'

/** Writes one event; numbering and framing are the caller's. */
export type Emit = (type: string, fields: object) => void

type PartType = 'output_text' | 'refusal' | 'reasoning_text'

interface OpenPart {
  readonly type: PartType
  text: string
}

/**
 * The events of one output item, from `output_item.added` to `output_item.done`:
 *
 *   message, reasoning   added → (content_part.added → delta* → done → content_part.done)* → done
 *   function call        added → arguments.delta* → arguments.done → done
 *   custom call          added → input.delta* → input.done → done
 *
 * Text that ends an item without having come as deltas is sent as one.
 */
export class ItemEvents {
  readonly #emit: Emit
  readonly #index: number
  readonly #itemId: string
  readonly #parts: OpenPart[] = []
  readonly #isCustom: boolean
  #arguments = ''

  constructor(emit: Emit, index: number, item: Item) {
    this.#emit = emit
    this.#index = index
    this.#itemId = item.id
    this.#isCustom = item.type === 'function_call' && item.custom === true
    emit('response.output_item.added', { output_index: index, item: encodeItem(emptied(item)) })
  }

  delta(type: PartType, delta: string, logprobs: readonly unknown[] = []): void {
    const contentIndex = this.#openPart(type)
    const part = this.#parts[contentIndex]
    if (part === undefined || delta === '') return
    part.text += delta
    this.#emit(deltaEvents[type], {
      ...this.#place(contentIndex),
      delta,
      ...(type === 'output_text' && { logprobs: logprobs.map(encodeLogprob) }),
    })
  }

  argumentsDelta(delta: string): void {
    if (delta === '') return
    this.#arguments += delta
    this.#emit(`response.${this.#isCustom ? 'custom_tool_call_input' : 'function_call_arguments'}.delta`, {
      ...this.#place(),
      delta,
    })
  }

  end(item: Item): void {
    if (item.type === 'function_call') this.#endCall(item)
    else if (item.type === 'message') {
      for (const part of item.content) {
        if (part.type === 'output_text') this.#endPart(part.type, part.text, encodePart(part), part.logprobs)
        else if (part.type === 'refusal') this.#endPart(part.type, part.refusal, part)
      }
    } else if (item.type === 'reasoning') {
      for (const part of item.content ?? []) this.#endPart(part.type, part.text, part)
      this.#summarise(item)
    }
    this.#emit('response.output_item.done', { output_index: this.#index, item: encodeItem(item) })
  }

  #openPart(type: PartType): number {
    const found = this.#parts.findIndex((part) => part.type === type)
    if (found >= 0) return found
    const contentIndex = this.#parts.push({ type, text: '' }) - 1
    this.#emit('response.content_part.added', { ...this.#place(contentIndex), part: emptyParts[type] })
    return contentIndex
  }

  #endPart(type: PartType, text: string, part: object, logprobs: readonly unknown[] = []): void {
    const contentIndex = this.#openPart(type)
    const sent = this.#parts[contentIndex]?.text ?? ''
    if (text.startsWith(sent)) this.delta(type, text.slice(sent.length))
    const done = type === 'refusal' ? { refusal: text } : { text }
    this.#emit(doneEvents[type], {
      ...this.#place(contentIndex),
      ...done,
      ...(type === 'output_text' && { logprobs: logprobs.map(encodeLogprob) }),
    })
    this.#emit('response.content_part.done', { ...this.#place(contentIndex), part })
  }

  #endCall({ name, arguments: text }: Extract<Item, { type: 'function_call' }>): void {
    if (text.startsWith(this.#arguments)) this.argumentsDelta(text.slice(this.#arguments.length))
    if (this.#isCustom) this.#emit('response.custom_tool_call_input.done', { ...this.#place(), input: text })
    else this.#emit('response.function_call_arguments.done', { ...this.#place(), name, arguments: text })
  }

  #summarise({ summary }: Extract<Item, { type: 'reasoning' }>): void {
    for (const [summaryIndex, part] of summary.entries()) {
      const place = { item_id: this.#itemId, output_index: this.#index, summary_index: summaryIndex }
      this.#emit('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } })
      this.#emit('response.reasoning_summary_text.delta', { ...place, delta: part.text })
      this.#emit('response.reasoning_summary_text.done', { ...place, text: part.text })
      this.#emit('response.reasoning_summary_part.done', { ...place, part })
    }
  }

  #place(contentIndex?: number): object {
    const place = { item_id: this.#itemId, output_index: this.#index }
    return contentIndex === undefined ? place : { ...place, content_index: contentIndex }
  }
}

const deltaEvents: Record<PartType, string> = {
  output_text: 'response.output_text.delta',
  refusal: 'response.refusal.delta',
  reasoning_text: 'response.reasoning_text.delta',
}

const doneEvents: Record<PartType, string> = {
  output_text: 'response.output_text.done',
  refusal: 'response.refusal.done',
  reasoning_text: 'response.reasoning_text.done',
}

const emptyParts: Record<PartType, object> = {
  output_text: { type: 'output_text', text: '', annotations: [], logprobs: [] },
  refusal: { type: 'refusal', refusal: '' },
  reasoning_text: { type: 'reasoning_text', text: '' },
}

/** An item as it is when it begins; readers add up the events that follow. */
function emptied(item: Item): Item {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    case 'reasoning':
      return { ...item, status: 'in_progress', summary: [], ...(item.content !== undefined && { content: [] }) }
    default:
      return item
  }
}

import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'

/**
 * Turns what a model writes into output steps: opens an item when its first text comes, numbers items densely, closes
 * one before the next begins.
 *
 *   (none) --text, refusal--> message --reasoning--> reasoning --startCall--> call --finish--> (none)
 *
 * Any item may follow any other; texts and refusals share one message.
 */
export class StepWriter {
  readonly #newId: NewId
  #steps: OutputStep[] = []
  #open: OpenItem | null = null
  #itemCount = 0

  constructor(newId: NewId) {
    this.#newId = newId
  }

  /** The steps written since the last call. */
  take(): OutputStep[] {
    const steps = this.#steps
    this.#steps = []
    return steps
  }

  get itemCount(): number {
    return this.#itemCount
  }

  text(delta: string): void {
    if (delta === '') return
    this.#openMessage().text += delta
    this.#steps.push({ type: 'text-delta', index: this.#itemCount - 1, delta })
  }

  refusal(delta: string): void {
    if (delta === '') return
    this.#openMessage().refusal += delta
    this.#steps.push({ type: 'refusal-delta', index: this.#itemCount - 1, delta })
  }

  reasoning(delta: string): void {
    if (delta === '') return
    if (this.#open?.type !== 'reasoning') this.#begin({ type: 'reasoning', id: this.#newId('rs'), text: '' })
    if (this.#open?.type === 'reasoning') this.#open.text += delta
    this.#steps.push({ type: 'reasoning-delta', index: this.#itemCount - 1, delta })
  }

  /** `callId` may be empty: some providers give none. */
  startCall({ callId, name }: { callId: string; name: string }): void {
    const id = this.#newId('fc')
    this.#begin({ type: 'call', id, callId: callId === '' ? this.#newId('call') : callId, name, text: '' })
  }

  /** Adds to the arguments of the call started last. */
  arguments(delta: string): void {
    if (delta === '' || this.#open?.type !== 'call') return
    this.#open.text += delta
    this.#steps.push({ type: 'arguments-delta', index: this.#itemCount - 1, delta })
  }

  /** Closes the open item as complete. */
  close(): void {
    this.#end('completed')
  }

  /** Closes the last item, which is incomplete when the model was cut off. Writes an empty message if nothing came. */
  finish(reason: FinishReason): void {
    if (this.#itemCount === 0) this.#openMessage()
    this.#end(reason === 'length' || reason === 'content-filter' ? 'incomplete' : 'completed')
  }

  #openMessage(): OpenMessage {
    if (this.#open?.type === 'message') return this.#open
    const message: OpenMessage = { type: 'message', id: this.#newId('msg'), text: '', refusal: '' }
    this.#begin(message)
    return message
  }

  #begin(item: OpenItem): void {
    this.#end('completed')
    this.#open = item
    this.#steps.push({ type: 'item-start', index: this.#itemCount++, item: startOf(item) })
  }

  #end(status: 'completed' | 'incomplete'): void {
    if (this.#open === null) return
    this.#steps.push({ type: 'item-end', index: this.#itemCount - 1, item: endOf(this.#open, status) })
    this.#open = null
  }
}

interface OpenMessage {
  readonly type: 'message'
  readonly id: string
  text: string
  refusal: string
}

type OpenItem =
  | OpenMessage
  | { readonly type: 'reasoning'; readonly id: string; text: string }
  | { readonly type: 'call'; readonly id: string; readonly callId: string; readonly name: string; text: string }

function startOf(item: OpenItem): Item {
  switch (item.type) {
    case 'message':
      return { type: 'message', id: item.id, status: 'in_progress', role: 'assistant', content: [] }
    case 'reasoning':
      return { type: 'reasoning', id: item.id, status: 'in_progress', summary: [] }
    case 'call':
      return toCall(item, { status: 'in_progress', text: '' })
  }
}

function endOf(item: OpenItem, status: 'completed' | 'incomplete'): Item {
  switch (item.type) {
    case 'message':
      return { type: 'message', id: item.id, status, role: 'assistant', content: partsOf(item) }
    case 'reasoning':
      return {
        type: 'reasoning',
        id: item.id,
        status,
        summary: [],
        content: [{ type: 'reasoning_text', text: item.text }],
      }
    case 'call':
      return toCall(item, { status, text: item.text })
  }
}

function toCall(
  { id, callId, name }: Extract<OpenItem, { type: 'call' }>,
  { status, text }: { status: 'in_progress' | 'completed' | 'incomplete'; text: string },
): Item {
  return { type: 'function_call', id, status, call_id: callId, name, arguments: text }
}

function partsOf({ text, refusal }: OpenMessage): ContentPart[] {
  const parts: ContentPart[] = []
  if (text !== '' || refusal === '') parts.push({ type: 'output_text', text, annotations: [], logprobs: [] })
  if (refusal !== '') parts.push({ type: 'refusal', refusal })
  return parts
}

import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'
import { mergeFields } from '@parley/kernel/native-fields.ts'

/** The steps of one generation in their order. Writers of several choices share one, since items are numbered in all. */
export class StepLog {
  steps: OutputStep[] = []
  itemCount = 0
}

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
  readonly #log: StepLog
  readonly #choice: number
  #open: OpenItem | null = null
  #openIndex = -1
  #itemCount = 0

  constructor(newId: NewId, { log = new StepLog(), choice = 0 }: { log?: StepLog; choice?: number } = {}) {
    this.#newId = newId
    this.#log = log
    this.#choice = choice
  }

  /** The steps written since the last call, those of other writers to the same log included. */
  take(): OutputStep[] {
    const { steps } = this.#log
    this.#log.steps = []
    return steps
  }

  get itemCount(): number {
    return this.#itemCount
  }

  /** `logprobs`: of the tokens in `delta`; absent when they were not asked for. */
  text(delta: string, logprobs?: readonly unknown[]): void {
    this.#write('text', delta, logprobs)
  }

  refusal(delta: string, logprobs?: readonly unknown[]): void {
    this.#write('refusal', delta, logprobs)
  }

  reasoning(delta: string): void {
    if (delta === '') return
    if (this.#open?.type !== 'reasoning')
      this.#begin({ type: 'reasoning', id: this.#newId('rs'), text: '', native: null })
    if (this.#open?.type === 'reasoning') this.#open.text += delta
    this.#log.steps.push({ type: 'reasoning-delta', index: this.#openIndex, delta })
  }

  /** Fields that only the provider's dialect knows; they join the open item, or a message if there is none. */
  native(fields: Readonly<Record<string, unknown>>): void {
    const open = this.#open ?? this.#openMessage()
    open.native = mergeFields(open.native ?? {}, fields)
    this.#log.steps.push({ type: 'native-delta', index: this.#openIndex, fields })
  }

  /** `callId` may be empty: some providers give none. */
  startCall({ callId, name, native = null }: { callId: string; name: string; native?: Fields | null }): void {
    const id = this.#newId('fc')
    this.#begin({ type: 'call', id, callId: callId === '' ? this.#newId('call') : callId, name, text: '', native })
  }

  /** Adds to the arguments of the call started last. */
  arguments(delta: string): void {
    if (delta === '' || this.#open?.type !== 'call') return
    this.#open.text += delta
    this.#log.steps.push({ type: 'arguments-delta', index: this.#openIndex, delta })
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

  #write(kind: 'text' | 'refusal', delta: string, logprobs: readonly unknown[] | undefined): void {
    if (delta === '' && logprobs === undefined) return
    const message = this.#openMessage()
    message[kind] += delta
    const type = kind === 'text' ? 'text-delta' : 'refusal-delta'
    if (logprobs === undefined) this.#log.steps.push({ type, index: this.#openIndex, delta })
    else {
      message.logprobs[kind].push(...logprobs)
      this.#log.steps.push({ type, index: this.#openIndex, delta, logprobs: [...logprobs] })
    }
  }

  #openMessage(): OpenMessage {
    if (this.#open?.type === 'message') return this.#open
    const logprobs = { text: [], refusal: [] }
    const message: OpenMessage = {
      type: 'message',
      id: this.#newId('msg'),
      text: '',
      refusal: '',
      logprobs,
      native: null,
    }
    this.#begin(message)
    return message
  }

  #begin(item: OpenItem): void {
    this.#end('completed')
    this.#open = item
    this.#openIndex = this.#log.itemCount++
    this.#itemCount++
    this.#log.steps.push({ type: 'item-start', index: this.#openIndex, item: this.#mark(startOf(item), item) })
  }

  #end(status: 'completed' | 'incomplete'): void {
    if (this.#open === null) return
    const item = this.#mark(endOf(this.#open, status), this.#open)
    this.#log.steps.push({ type: 'item-end', index: this.#openIndex, item })
    this.#open = null
  }

  #mark(item: Item, { native }: OpenItem): Item {
    if (native === null && this.#choice === 0) return item
    return {
      ...item,
      ...(this.#choice > 0 && { choice: this.#choice }),
      ...(native !== null && { native: { dialect: 'chat', fields: native } }),
    }
  }
}

type Fields = Record<string, unknown>

interface OpenMessage {
  readonly type: 'message'
  readonly id: string
  readonly logprobs: { text: unknown[]; refusal: unknown[] }
  text: string
  refusal: string
  native: Fields | null
}

type OpenItem =
  | OpenMessage
  | { readonly type: 'reasoning'; readonly id: string; text: string; native: Fields | null }
  | {
      readonly type: 'call'
      readonly id: string
      readonly callId: string
      readonly name: string
      text: string
      native: Fields | null
    }

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

/** A message that only its dialect can read, such as one of sound, has no parts. */
function partsOf({ text, refusal, logprobs, native }: OpenMessage): ContentPart[] {
  const parts: ContentPart[] = []
  if (text !== '' || (refusal === '' && native === null)) {
    parts.push({ type: 'output_text', text, annotations: [], logprobs: logprobs.text })
  }
  if (refusal !== '') {
    parts.push({ type: 'refusal', refusal, ...(logprobs.refusal.length > 0 && { logprobs: logprobs.refusal }) })
  }
  return parts
}

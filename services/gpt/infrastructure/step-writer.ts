import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { ContentPart, Item, NativeFields } from '@parley/kernel/items.ts'
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
  readonly #dialect: NativeFields['dialect']
  #open: OpenItem | null = null
  #openIndex = -1
  #itemCount = 0

  /** `dialect`: whose words native fields are. */
  constructor(newId: NewId, { log = new StepLog(), choice = 0, dialect = 'chat' }: StepWriterOptions = {}) {
    this.#newId = newId
    this.#log = log
    this.#choice = choice
    this.#dialect = dialect
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
    this.#openReasoning().text += delta
    this.#log.steps.push({ type: 'reasoning-delta', index: this.#openIndex, delta })
  }

  /** What the provider signs its reasoning with; it is told with the end of the item. */
  signature(signature: string): void {
    if (signature !== '') this.#openReasoning().signature += signature
  }

  /** Reasoning that only the provider can read. */
  redacted(data: string): void {
    this.#begin({ type: 'reasoning', id: this.#newId('rs'), text: '', signature: '', data, native: null })
    this.close()
  }

  /** Fields that only the provider's dialect knows; they join the open item, or a message if there is none. */
  native(fields: Readonly<Record<string, unknown>>): void {
    const open = this.#open ?? this.#openMessage()
    open.native = mergeFields(open.native ?? {}, fields)
    const step = { type: 'native-delta' as const, index: this.#openIndex, fields }
    this.#log.steps.push(this.#dialect === 'chat' ? step : { ...step, dialect: this.#dialect })
  }

  /** `callId` may be empty: some providers give none. */
  startCall({ callId, name, native = null, custom = false }: StartedCall): void {
    const id = this.#newId('fc')
    const known = callId === '' ? this.#newId('call') : callId
    this.#begin({ type: 'call', id, callId: known, name, custom, text: '', native })
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

  #openReasoning(): OpenReasoning {
    if (this.#open?.type === 'reasoning') return this.#open
    const id = this.#newId('rs')
    const reasoning: OpenReasoning = { type: 'reasoning', id, text: '', signature: '', data: null, native: null }
    this.#begin(reasoning)
    return reasoning
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
      ...(native !== null && { native: { dialect: this.#dialect, fields: native } }),
    }
  }
}

interface StartedCall {
  readonly callId: string
  readonly name: string
  readonly native?: Fields | null
  /** Of a custom tool, whose arguments are any text. */
  readonly custom?: boolean
}

interface StepWriterOptions {
  readonly log?: StepLog
  readonly choice?: number
  readonly dialect?: NativeFields['dialect']
}

type Fields = Record<string, unknown>

interface OpenReasoning {
  readonly type: 'reasoning'
  readonly id: string
  /** Of reasoning that only the provider can read. */
  readonly data: string | null
  text: string
  signature: string
  native: Fields | null
}

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
  | OpenReasoning
  | {
      readonly type: 'call'
      readonly id: string
      readonly callId: string
      readonly name: string
      readonly custom: boolean
      text: string
      native: Fields | null
    }

function startOf(item: OpenItem): Item {
  switch (item.type) {
    case 'message':
      return { type: 'message', id: item.id, status: 'in_progress', role: 'assistant', content: [] }
    case 'reasoning':
      return { type: 'reasoning', id: item.id, status: 'in_progress', summary: [], ...sealed(item) }
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
        ...(item.data === null && { content: [{ type: 'reasoning_text' as const, text: item.text }] }),
        ...(item.signature !== '' && { signature: item.signature }),
        ...sealed(item),
      }
    case 'call':
      return toCall(item, { status, text: item.text })
  }
}

function sealed({ data }: OpenReasoning): { encrypted_content?: string } {
  return data === null ? {} : { encrypted_content: data }
}

function toCall(
  { id, callId, name, custom }: Extract<OpenItem, { type: 'call' }>,
  { status, text }: { status: 'in_progress' | 'completed' | 'incomplete'; text: string },
): Item {
  const call = { type: 'function_call' as const, id, status, call_id: callId, name, arguments: text }
  return custom ? { ...call, custom } : call
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

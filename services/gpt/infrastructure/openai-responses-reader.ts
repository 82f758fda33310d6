import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { DecodeOptions } from './answer-dialect.ts'
import { isObject, type JsonObject, stringOf } from './json-values.ts'
import { type ItemText, type OutputItem, readOutputItem, type TextKind, textsOf } from './openai-responses-output.ts'
import { garbled } from './provider-failures.ts'

/**
 * Output items and their deltas as steps. Steps show one item after the other; what comes of a later item while an earlier
 * one is open waits for it.
 */
export class ResponseItemReader {
  readonly #options: DecodeOptions
  readonly #items: ReadItem[] = []
  readonly #byIndex = new Map<number, ReadItem>()
  #closedCount = 0
  #steps: OutputStep[] = []

  constructor(options: DecodeOptions) {
    this.#options = options
  }

  /** One event of a stream. True when it brought the answer forward. */
  read(event: JsonObject): boolean {
    const { type, output_index: place, item, delta, logprobs } = event
    const index = typeof place === 'number' ? place : this.#items.length - 1
    if (type === 'response.output_item.added' || type === 'response.output_item.done') {
      if (!isObject(item)) throw garbled(this.#options.provider, 'an output item is missing')
      const read = this.#find(index, item)
      if (type === 'response.output_item.done') read.done = item
      this.#write()
      return true
    }
    const kind = deltaKinds[stringOf(type)]
    const read = this.#byIndex.get(index)
    // Summaries of reasoning come again with their item, and count as progress alone.
    if (kind === undefined || read === undefined) return type === 'response.reasoning_summary_text.delta'
    if (read.done !== null) throw garbled(this.#options.provider, 'it goes on with an item that was complete')
    const text = stringOf(delta)
    if (text === '') return false
    read.waiting.push({ kind, text, logprobs: Array.isArray(logprobs) && logprobs.length > 0 ? logprobs : null })
    this.#write()
    return true
  }

  /** `output`: the whole of it; items that no event has told are read from it. An answer without items is an empty one. */
  finish(output: readonly JsonObject[], finish: FinishReason): void {
    const cut = finish === 'length' || finish === 'content-filter'
    const whole = output.length === 0 && this.#items.length === 0 ? [{ type: 'message', content: [] }] : output
    for (const [index, item] of whole.entries()) this.#find(index, item).done ??= item
    for (const read of this.#items)
      read.done ??= { ...read.added, ...toldOf(read), status: cut ? 'incomplete' : 'completed' }
    this.#write()
  }

  /** The steps since the last call. */
  take(): OutputStep[] {
    const steps = this.#steps
    this.#steps = []
    return steps
  }

  #find(index: number, added: JsonObject): ReadItem {
    const known = this.#byIndex.get(index)
    if (known !== undefined) return known
    if (this.#items.length === itemsMax) throw garbled(this.#options.provider, `it makes more than ${itemsMax} items`)
    const read: ReadItem = { added, done: null, open: null, told: {}, waiting: [] }
    this.#items.push(read)
    this.#byIndex.set(index, read)
    return read
  }

  #write(): void {
    for (;;) {
      const index = this.#closedCount
      const read = this.#items[index]
      if (read === undefined) return
      if (read.open === null) {
        read.open = readOutputItem(read.added, this.#options)
        this.#steps.push({ type: 'item-start', index, item: read.open.begun })
      }
      for (const piece of read.waiting.splice(0)) this.#tell(read, index, piece)
      if (read.done === null) return
      const item = read.open.end({ ...toldReasoning(read), ...read.done })
      for (const piece of this.#untold(read, item)) this.#tell(read, index, piece)
      this.#steps.push({ type: 'item-end', index, item })
      this.#closedCount++
    }
  }

  /** What an item ends with and no delta has told. */
  #untold({ told }: ReadItem, item: Item): ItemText[] {
    return textsOf(item).flatMap(({ kind, text, logprobs }) => {
      const before = told[kind] ?? ''
      if (!text.startsWith(before)) throw garbled(this.#options.provider, 'an item ends otherwise than it was told')
      return text === before
        ? []
        : [{ kind, text: text.slice(before.length), logprobs: before === '' ? logprobs : null }]
    })
  }

  #tell({ told }: ReadItem, index: number, { kind, text, logprobs }: ItemText): void {
    told[kind] = (told[kind] ?? '') + text
    const step = { type: kind, index, delta: text }
    this.#steps.push(
      logprobs !== null && (step.type === 'text-delta' || step.type === 'refusal-delta')
        ? { ...step, type: step.type, logprobs }
        : step,
    )
  }
}

interface ReadItem {
  readonly added: JsonObject
  /** As it ended; null while it is written. */
  done: JsonObject | null
  open: OutputItem | null
  /** What has been told in steps. */
  readonly told: Partial<Record<TextKind, string>>
  readonly waiting: ItemText[]
}

const itemsMax = 1_024

const deltaKinds: Readonly<Record<string, TextKind>> = {
  'response.output_text.delta': 'text-delta',
  'response.refusal.delta': 'refusal-delta',
  'response.reasoning_text.delta': 'reasoning-delta',
  'response.function_call_arguments.delta': 'arguments-delta',
  'response.custom_tool_call_input.delta': 'arguments-delta',
}

/** Some servers leave out of a finished item what its deltas have told. */
function toldReasoning(read: ReadItem): JsonObject {
  return read.added['type'] === 'reasoning' ? toldOf(read) : {}
}

/** An item that was never told to be complete holds what its deltas said. */
function toldOf({ added, told, waiting }: ReadItem): JsonObject {
  const said = (kind: TextKind) =>
    (told[kind] ?? '') + waiting.map((piece) => (piece.kind === kind ? piece.text : '')).join('')
  switch (added['type']) {
    case 'function_call':
      return { arguments: said('arguments-delta') }
    case 'custom_tool_call':
      return { input: said('arguments-delta') }
    case 'reasoning':
      return said('reasoning-delta') === ''
        ? {}
        : { content: [{ type: 'reasoning_text', text: said('reasoning-delta') }] }
    case 'message':
      return {
        content: [
          ...(said('text-delta') === '' ? [] : [{ type: 'output_text', text: said('text-delta') }]),
          ...(said('refusal-delta') === '' ? [] : [{ type: 'refusal', refusal: said('refusal-delta') }]),
        ],
      }
    default:
      return {}
  }
}

import type { OutputStep } from '@parley/kernel/frames.ts'
import type { Item, MessageItem, NativeFields, ReasoningItem } from '@parley/kernel/items.ts'
import { mergeFields } from '@parley/kernel/native-fields.ts'

/** Output items as they come together from steps; after a cut, what was there of each. */
export class OutputAssembly {
  readonly #items: (Item | OpenItem)[] = []

  take(step: OutputStep): void {
    if (step.type === 'item-start') this.#items[step.index] = new OpenItem(step.item)
    else if (step.type === 'item-end') this.#items[step.index] = step.item
    else if (step.type === 'native-delta') this.#open(step.index)?.takeNative(step)
    else this.#open(step.index)?.take(step)
  }

  /** True once anything was taken. */
  get hasOutput(): boolean {
    return this.#items.length > 0
  }

  /** All items so far, in order; those that were not ended have the status `incomplete`. */
  items(): Item[] {
    return this.#items.map((item) => (item instanceof OpenItem ? item.soFar() : item))
  }

  /** The `item-end` steps that are missing when generation stops here. */
  missingEnds(): OutputStep[] {
    return this.#items.flatMap((item, index) =>
      item instanceof OpenItem ? [{ type: 'item-end' as const, index, item: item.soFar() }] : [],
    )
  }

  #open(index: number): OpenItem | undefined {
    const item = this.#items[index]
    return item instanceof OpenItem ? item : undefined
  }
}

type Delta = Extract<OutputStep, { delta: string }>

class OpenItem {
  readonly #start: Item
  readonly #received: Record<Delta['type'], string> = {
    'text-delta': '',
    'refusal-delta': '',
    'reasoning-delta': '',
    'arguments-delta': '',
  }
  #native: NativeFields | undefined

  constructor(start: Item) {
    this.#start = start
  }

  take({ type, delta }: Delta): void {
    this.#received[type] += delta
  }

  takeNative({ dialect = 'chat', fields }: Pick<NativeFields, 'fields'> & Partial<NativeFields>): void {
    this.#native = { dialect, fields: mergeFields(this.#native?.fields ?? {}, fields) }
  }

  soFar(): Item {
    const item = this.#written()
    return this.#native === undefined ? item : { ...item, native: this.#native }
  }

  #written(): Item {
    const start = this.#start
    switch (start.type) {
      case 'message':
        return { ...start, status: 'incomplete', content: this.#content() }
      case 'function_call':
        return { ...start, status: 'incomplete', arguments: this.#received['arguments-delta'] }
      case 'reasoning':
        return { ...start, status: 'incomplete', summary: this.#summary() }
      case 'function_call_output':
        return { ...start, status: 'incomplete' }
    }
  }

  #content(): MessageItem['content'] {
    const text = this.#received['text-delta']
    const refusal = this.#received['refusal-delta']
    const content: MessageItem['content'] = []
    if (text !== '') content.push({ type: 'output_text', text, annotations: [] })
    if (refusal !== '') content.push({ type: 'refusal', refusal })
    return content
  }

  #summary(): ReasoningItem['summary'] {
    const text = this.#received['reasoning-delta']
    return text === '' ? [] : [{ type: 'summary_text', text }]
  }
}

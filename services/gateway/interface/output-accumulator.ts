import type { Frame, ResponseEnd, ResponseStep } from '@parley/kernel/frames.ts'
import type { ContentPart, Item, NativeFields } from '@parley/kernel/items.ts'
import { mergeFields } from '@parley/kernel/native-fields.ts'

type NativePiece = Pick<NativeFields, 'fields'> & Partial<NativeFields>
export type ResponseStart = Extract<ResponseStep, { type: 'response-start' }>

/** How a response came out. */
export interface Outcome {
  readonly start: ResponseStart
  readonly output: readonly Item[]
  readonly end: ResponseEnd
}

/** The output without what interrupted attempts had begun, for dialects that have room for one answer only. */
export function answerOf({ output, end }: Pick<Outcome, 'output' | 'end'>): readonly Item[] {
  return end.abandonedItems === undefined ? output : output.slice(end.abandonedItems)
}

/** Puts the output items of a response together, frame by frame. An item that never ended is kept as far as it came. */
export class OutputAccumulator {
  readonly #items: Item[] = []

  add({ step }: Frame): void {
    switch (step.type) {
      case 'item-start':
      case 'item-end':
        this.#items[step.index] = step.item
        break
      case 'text-delta':
        this.#append(step.index, { type: 'output_text', text: step.delta, annotations: [], logprobs: [] })
        break
      case 'refusal-delta':
        this.#append(step.index, { type: 'refusal', refusal: step.delta })
        break
      case 'reasoning-delta':
        this.#reason(step.index, step.delta)
        break
      case 'arguments-delta':
        this.#argue(step.index, step.delta)
        break
      case 'native-delta':
        this.#addNative(step.index, step)
    }
  }

  get items(): readonly Item[] {
    return this.#items
  }

  #append(index: number, piece: ContentPart): void {
    const item = this.#items[index]
    if (item?.type !== 'message') return
    const content = [...item.content]
    const last = content.at(-1)
    if (last?.type === 'output_text' && piece.type === 'output_text') {
      content[content.length - 1] = { ...last, text: last.text + piece.text }
    } else if (last?.type === 'refusal' && piece.type === 'refusal') {
      content[content.length - 1] = { ...last, refusal: last.refusal + piece.refusal }
    } else content.push(piece)
    this.#items[index] = { ...item, status: 'incomplete', content }
  }

  #reason(index: number, delta: string): void {
    const item = this.#items[index]
    if (item?.type !== 'reasoning') return
    const text = (item.content?.[0]?.text ?? '') + delta
    this.#items[index] = { ...item, status: 'incomplete', content: [{ type: 'reasoning_text', text }] }
  }

  #addNative(index: number, { dialect = 'chat', fields }: NativePiece): void {
    const item = this.#items[index]
    if (item === undefined) return
    const merged = mergeFields(item.native?.fields ?? {}, fields)
    this.#items[index] = { ...item, native: { dialect, fields: merged } }
  }

  #argue(index: number, delta: string): void {
    const item = this.#items[index]
    if (item?.type !== 'function_call') return
    this.#items[index] = { ...item, status: 'incomplete', arguments: item.arguments + delta }
  }
}

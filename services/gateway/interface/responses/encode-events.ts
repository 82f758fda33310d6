import type { Frame, ResponseEnd } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { OutputAccumulator, type ResponseStart } from '../output-accumulator.ts'
import { encodeResponse, type ResponseBasis, type ResponseState, stateBeforeEnd, stateOf } from './encode-response.ts'
import { ItemEvents } from './item-events.ts'

export interface EventEncoderOptions {
  basis: ResponseBasis
  /** Events up to this number are counted but not written; -1 for all. */
  startingAfter: number
  /** Server-sent events, unless said otherwise. */
  form?: EventForm
}

export interface EventForm {
  /** `body` is one line, whatever the model wrote. */
  write(type: string, body: string): string
  /** Follows the last event; null for nothing. */
  readonly endMark: string | null
}

/** `event:` and the type in the body are the same. */
const serverSent: EventForm = {
  write: (type, body) => `event: ${type}\ndata: ${body}\n\n`,
  endMark: 'data: [DONE]\n\n',
}

/**
 * Frames as the events of a streamed response. Determined by the request and the frames alone, so that the same response
 * read again gives the same bytes:
 *
 *   response.created → (response.queued) → response.in_progress → (events of an item)*
 *     → response.completed | incomplete | failed
 *
 * Only a response in the background says that it was queued.
 *
 * A cancelled response ends with `response.failed`, whose object says `cancelled`: this wire has no event of its own for
 * it, and any other would look like an answer. So does one that was interrupted, whose object says `incomplete`: clients
 * take `response.incomplete` for an end that the model or its limits brought about, and go on from there.
 */
export class ResponseEventEncoder {
  readonly #options: EventEncoderOptions
  readonly #form: EventForm
  readonly #output = new OutputAccumulator()
  readonly #open = new Map<number, ItemEvents>()
  #start: ResponseStart = { type: 'response-start', createdAt: 0, model: '' }
  #sequence = 0
  #events: string[] = []

  constructor(options: EventEncoderOptions) {
    this.#options = options
    this.#form = options.form ?? serverSent
  }

  encode(frame: Frame): readonly string[] {
    this.#events = []
    this.#output.add(frame)
    const { step } = frame
    switch (step.type) {
      case 'response-start':
        this.#start = step
        this.#begin()
        break
      case 'item-start':
        this.#openItem(step.index, step.item)
        break
      case 'text-delta':
        this.#open.get(step.index)?.delta('output_text', step.delta, step.logprobs)
        break
      case 'refusal-delta':
        this.#open.get(step.index)?.delta('refusal', step.delta)
        break
      case 'reasoning-delta':
        this.#open.get(step.index)?.delta('reasoning_text', step.delta)
        break
      case 'arguments-delta':
        this.#open.get(step.index)?.argumentsDelta(step.delta)
        break
      case 'item-end':
        this.#endItem(step.index, step.item)
        break
      case 'response-end':
        this.#end(step)
    }
    return this.#events
  }

  #begin(): void {
    const running = this.#encode(stateBeforeEnd('in_progress', this.#start))
    if (this.#options.basis.options.handling?.background === true) {
      const response = this.#encode(stateBeforeEnd('queued', this.#start))
      this.#emit('response.created', { response })
      this.#emit('response.queued', { response })
    } else this.#emit('response.created', { response: running })
    this.#emit('response.in_progress', { response: running })
  }

  #openItem(index: number, item: Item): ItemEvents {
    const events = new ItemEvents((type, fields) => this.#emit(type, fields), index, item)
    this.#open.set(index, events)
    return events
  }

  #endItem(index: number, item: Item): void {
    const events = this.#open.get(index) ?? this.#openItem(index, item)
    events.end(item)
    this.#open.delete(index)
  }

  #end(end: ResponseEnd): void {
    if (end.status === 'incomplete') this.#closeOpenItems()
    const response = this.#encode(stateOf({ start: this.#start, output: this.#output.items, end }))
    const broke = end.incompleteReason === 'interrupted'
    this.#emit(broke ? 'response.failed' : endEvents[end.status], { response })
    if (this.#form.endMark !== null) this.#events.push(this.#form.endMark)
  }

  /** What was interrupted is kept as far as it came, and says so. */
  #closeOpenItems(): void {
    for (const [index, events] of this.#open) {
      const item = this.#output.items[index]
      if (item !== undefined) events.end({ ...item, status: 'incomplete' })
    }
    this.#open.clear()
  }

  #encode(state: ResponseState): object {
    return encodeResponse({ ...this.#options.basis, ...state })
  }

  #emit(type: string, fields: object): void {
    const sequence = this.#sequence++
    if (sequence <= this.#options.startingAfter) return
    const body = JSON.stringify({ type, sequence_number: sequence, ...fields })
    this.#events.push(this.#form.write(type, body))
  }
}

const endEvents: Record<ResponseEnd['status'], string> = {
  completed: 'response.completed',
  incomplete: 'response.incomplete',
  failed: 'response.failed',
  cancelled: 'response.failed',
}

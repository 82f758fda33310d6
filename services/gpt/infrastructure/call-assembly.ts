import { isObject, type JsonObject, stringOf } from './json-values.ts'
import { callFields, unknownFields } from './native-fields.ts'
import { garbled, type ProviderIdentity } from './provider-failures.ts'
import type { StepWriter } from './step-writer.ts'

/**
 * Puts fragments of tool calls together. Steps show one call after the other, while fragments of several may come
 * interleaved: the first call that is not complete is written as it comes, later ones wait for it.
 */
export class CallAssembly {
  readonly #writer: StepWriter
  readonly #provider: ProviderIdentity
  readonly #calls: PartialCall[] = []
  readonly #byIndex = new Map<number, PartialCall>()
  /** How many calls have been closed; the one after them may be open. */
  #closedCount = 0

  constructor(writer: StepWriter, provider: ProviderIdentity) {
    this.#writer = writer
    this.#provider = provider
  }

  get size(): number {
    return this.#calls.length
  }

  add(fragment: JsonObject): void {
    const { custom } = fragment
    const called = isObject(custom) ? custom : isObject(fragment['function']) ? fragment['function'] : {}
    const call = this.#find(fragment)
    call.custom ||= isObject(custom)
    call.callId ||= stringOf(fragment['id'])
    call.name ||= stringOf(called['name'])
    call.native ??= unknownFields(fragment, callFields)
    const text = stringOf(called[call.custom ? 'input' : 'arguments'])
    if (text !== '' && this.#calls.indexOf(call) < this.#closedCount) {
      throw garbled(this.#provider, 'it goes on with a tool call that was complete')
    }
    call.waiting += text
    this.#write({ closing: false })
  }

  /** Writes what is left and closes every call, complete or not. */
  close(): void {
    this.#write({ closing: true })
  }

  #write({ closing }: { closing: boolean }): void {
    for (;;) {
      const call = this.#calls[this.#closedCount]
      if (call === undefined || (call.name === '' && !closing)) return
      if (call.name === '') throw garbled(this.#provider, 'a tool call has no name')
      if (!call.isOpen) this.#writer.startCall(call)
      call.isOpen = true
      this.#writer.arguments(call.waiting)
      call.written += call.waiting
      call.waiting = ''
      const isLast = this.#closedCount === this.#calls.length - 1
      if (!closing && (isLast || !isCompleteJson(call.written))) return
      this.#writer.close()
      this.#closedCount++
    }
  }

  /** By `index`; some providers leave it out or give 0 to every call and tell calls apart by their id. */
  #find(fragment: JsonObject): PartialCall {
    const id = stringOf(fragment['id'])
    const index = typeof fragment['index'] === 'number' ? fragment['index'] : null
    const last = this.#calls.at(-1)
    const byId = id === '' ? undefined : this.#calls.find((call) => call.callId === id)
    const found = index === null ? (byId ?? (id === '' ? last : undefined)) : this.#byIndex.get(index)
    if (found !== undefined && (id === '' || found.callId === '' || found.callId === id)) return found
    if (this.#calls.length === callsMax) throw garbled(this.#provider, `it makes more than ${callsMax} tool calls`)
    const call: PartialCall = {
      callId: id,
      name: '',
      native: null,
      custom: false,
      written: '',
      waiting: '',
      isOpen: false,
    }
    this.#calls.push(call)
    if (index !== null) this.#byIndex.set(index, call)
    return call
  }
}

interface PartialCall {
  callId: string
  name: string
  /** What the provider adds to the call, such as a signature that it wants to see again. */
  native: Record<string, unknown> | null
  /** Of a custom tool: what it is given is any text. */
  custom: boolean
  written: string
  waiting: string
  isOpen: boolean
}

const callsMax = 1_024

function isCompleteJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

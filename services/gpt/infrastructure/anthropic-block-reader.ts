import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import type { DecodeOptions } from './answer-dialect.ts'
import { isObject, type JsonObject, stringOf } from './json-values.ts'
import { unknownFields } from './native-fields.ts'
import { garbled, type ProviderIdentity } from './provider-failures.ts'
import { StepWriter } from './step-writer.ts'

interface OpenBlock {
  readonly index: unknown
  readonly block: JsonObject
  /** What came of a call's input. */
  input: string
}

/**
 * Content blocks of a message as output steps. Each text block is a message item of its own, so that blocks stay as the
 * provider divided them; blocks of tools that run at the provider are kept whole, for clients of the same dialect.
 */
export class BlockReader {
  readonly #provider: ProviderIdentity
  readonly #writer: StepWriter
  #open: OpenBlock | null = null

  constructor({ provider, newId }: DecodeOptions) {
    this.#provider = provider
    this.#writer = new StepWriter(newId, { dialect: 'messages' })
  }

  /** True when it brought the answer forward. */
  start(block: JsonObject, index?: unknown): boolean {
    if (this.#open !== null) throw garbled(this.#provider, 'a content block starts inside another')
    this.#writer.close()
    this.#open = { index, block, input: '' }
    switch (block['type']) {
      case 'text':
        return this.#startText(block)
      case 'thinking':
        this.#writer.reasoning(stringOf(block['thinking']))
        this.#writer.signature(stringOf(block['signature']))
        return stringOf(block['thinking']) !== ''
      case 'redacted_thinking':
        this.#writer.redacted(stringOf(block['data']))
        return true
      case 'tool_use':
        this.#startCall(block)
        return true
      default:
        return true
    }
  }

  /** True when it brought the answer forward. */
  delta(delta: JsonObject, index: unknown): boolean {
    const open = this.#open
    if (open === null || open.index !== index) throw garbled(this.#provider, 'a delta belongs to no open content block')
    switch (delta['type']) {
      case 'text_delta':
        return this.#written(stringOf(delta['text']), (text) => this.#writer.text(text))
      case 'thinking_delta':
        return this.#written(stringOf(delta['thinking']), (text) => this.#writer.reasoning(text))
      case 'signature_delta':
        return this.#written(stringOf(delta['signature']), (text) => this.#writer.signature(text))
      case 'citations_delta':
        this.#writer.native({ citations: [delta['citation']] })
        return true
      case 'input_json_delta':
        return this.#written(stringOf(delta['partial_json']), (text) => {
          open.input += text
          if (open.block['type'] === 'tool_use') this.#writer.arguments(text)
        })
      default:
        return false
    }
  }

  /** The item stays open until the next one: whether it is complete is told with the reason for the end. */
  stop(): void {
    if (this.#open === null) return
    const { block, input } = this.#open
    this.#open = null
    if (block['type'] === 'tool_use') {
      if (input === '') this.#writer.arguments(JSON.stringify(isObject(block['input']) ? block['input'] : {}))
    } else if (!commonTypes.has(String(block['type']))) {
      this.#writer.native({ block: input === '' ? block : { ...block, input: this.#parseInput(input) } })
    }
  }

  finish(reason: FinishReason): void {
    this.#writer.finish(reason)
  }

  take(): OutputStep[] {
    return this.#writer.take()
  }

  #startText(block: JsonObject): boolean {
    const text = stringOf(block['text'])
    this.#writer.text(text)
    const { citations } = block
    if (Array.isArray(citations) && citations.length > 0) this.#writer.native({ citations })
    return text !== ''
  }

  #startCall(block: JsonObject): void {
    const { caller, ...rest } = block
    const isDirect = isObject(caller) && caller['type'] === 'direct'
    const native = unknownFields(isDirect ? rest : block, callFields)
    this.#writer.startCall({ callId: stringOf(block['id']), name: stringOf(block['name']), native })
  }

  #written(text: string, write: (text: string) => void): boolean {
    if (text === '') return false
    write(text)
    return true
  }

  #parseInput(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch {
      throw garbled(this.#provider, 'the input of a tool call is not JSON')
    }
  }
}

const commonTypes: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])
const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input'])

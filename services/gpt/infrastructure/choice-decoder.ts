import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FinishReason, OutputStep } from '@parley/kernel/frames.ts'
import { CallAssembly } from './call-assembly.ts'
import { isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { callFields, unknownFields } from './native-fields.ts'
import { garbled, type ProviderIdentity } from './provider-failures.ts'
import { StepLog, StepWriter } from './step-writer.ts'

export interface ChoiceOptions {
  readonly provider: ProviderIdentity
  readonly newId: NewId
  readonly choices?: number
}

/** How the choices ended, for the end of the generation. */
interface Finish {
  readonly finish: FinishReason
  readonly finishes?: FinishReason[]
  readonly stopSequence?: string
}

/** The answers that were asked for, by the `index` of their choices. */
export class ChoiceDecoders {
  readonly #options: ChoiceOptions
  readonly #log = new StepLog()
  readonly #choices: readonly ChoiceDecoder[]

  constructor(options: ChoiceOptions) {
    this.#options = options
    const { choices = 1 } = options
    const decoders = [new ChoiceDecoder(options, this.#log, 0)]
    for (let choice = 1; choice < choices; choice++) decoders.push(new ChoiceDecoder(options, this.#log, choice))
    this.#choices = decoders
  }

  /** Undefined for a choice that nobody asked for. */
  of(choice: JsonObject): ChoiceDecoder | undefined {
    const index = choice['index'] ?? 0
    return typeof index === 'number' ? this.#choices[index] : undefined
  }

  get areFinished(): boolean {
    for (const choice of this.#choices) if (choice.finish === null) return false
    return true
  }

  take(): OutputStep[] {
    const { steps } = this.#log
    this.#log.steps = []
    return steps
  }

  /** Ends the choices that have output and did not say why they ended. */
  closeWritten(): void {
    for (const choice of this.#choices) choice.closeWritten()
  }

  /** Throws PROVIDER_GARBLED without an answer, UNSUPPORTED_PARAMETER when there are fewer than asked for. */
  finish(whenNone: string): Finish {
    const [first] = this.#choices
    if (first?.finish == null) throw garbled(this.#options.provider, whenNone)
    if (this.#choices.length === 1) return { finish: first.finish, ...first.stop }
    const finishes = this.#choices.map(({ finish }) => finish).filter((finish) => finish !== null)
    if (finishes.length < this.#choices.length) {
      throw new AppError(
        'UNSUPPORTED_PARAMETER',
        `n: the model's provider gave ${finishes.length} of ${this.#choices.length} answers. Send the request several times.`,
        { param: 'n' },
      )
    }
    return { finish: first.finish, finishes, ...first.stop }
  }
}

/** Decodes one choice, from its deltas or as a whole. */
class ChoiceDecoder {
  readonly #provider: ProviderIdentity
  readonly #writer: StepWriter
  /** Made for the first fragment of a call: few answers have any. */
  #calls: CallAssembly | null = null
  finish: FinishReason | null = null
  stop: { stopSequence?: string } = {}

  constructor({ provider, newId }: ChoiceOptions, log: StepLog, choice: number) {
    this.#provider = provider
    this.#writer = new StepWriter(newId, { log, choice })
  }

  readWhole(choice: JsonObject): void {
    const { message, logprobs } = choice
    if (!isObject(message)) throw garbled(this.#provider, 'its answer has no message')
    writeParts(this.#writer, message, logprobs)
    for (const call of objectsOf(message['tool_calls'])) {
      const custom = isObject(call['custom'])
      const called = custom ? call['custom'] : call['function']
      if (!isObject(called)) throw garbled(this.#provider, 'a tool call has no function')
      const native = unknownFields(call, callFields)
      this.#writer.startCall({ callId: stringOf(call['id']), name: stringOf(called['name']), native, custom })
      this.#writer.arguments(stringOf(called[custom ? 'input' : 'arguments']))
    }
    this.#end(finishOf(choice['finish_reason'], message['tool_calls']), choice)
  }

  /** True when it brought the answer forward. */
  readDelta(choice: JsonObject): boolean {
    if (this.finish !== null) return false
    const { delta } = choice
    let progress = false
    if (isObject(delta)) {
      const fragments = delta['tool_calls'] === undefined ? noFragments : objectsOf(delta['tool_calls'])
      if (hasParts(delta)) {
        this.#calls?.close()
        progress = writeParts(this.#writer, delta, choice['logprobs'])
      } else writeNative(this.#writer, delta)
      for (const fragment of fragments) this.#addCall(fragment)
      progress = progress || fragments.length > 0
    }
    const reason = choice['finish_reason']
    if (typeof reason !== 'string' || reason === '') return progress
    this.#calls?.close()
    this.#end(finishOf(reason, this.#calls === null ? noFragments : [{}]), choice)
    return true
  }

  closeWritten(): void {
    if (this.finish !== null || this.#writer.itemCount === 0) return
    this.#calls?.close()
    this.#end('stop', {})
  }

  #addCall(fragment: JsonObject): void {
    this.#calls ??= new CallAssembly(this.#writer, this.#provider)
    this.#calls.add(fragment)
  }

  #end(finish: FinishReason, choice: JsonObject): void {
    this.#writer.finish(finish)
    this.finish = finish
    this.stop = stopOf(choice)
  }
}

const noFragments: readonly JsonObject[] = []
const noStop = {}

/** The fields of a message that have a meaning of their own here; `function_call` is the former form of `tool_calls`. */
const messageFields: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'reasoning_content',
  'reasoning',
  'tool_calls',
  'function_call',
])

function writeNative(writer: StepWriter, message: JsonObject): void {
  const fields = unknownFields(message, messageFields)
  if (fields !== null) writer.native(fields)
}

function hasParts(message: JsonObject): boolean {
  return (
    isWritten(message['content']) ||
    isWritten(message['reasoning_content']) ||
    isWritten(message['refusal']) ||
    isWritten(message['reasoning'])
  )
}

function isWritten(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0
}

/** Writes reasoning, text and refusal; true when there was any. Reasoning has two names among providers. */
function writeParts(writer: StepWriter, message: JsonObject, logprobs: unknown): boolean {
  const { content, refusal } = message
  const reasoning = stringOf(message['reasoning_content']) || stringOf(message['reasoning'])
  writer.reasoning(reasoning)
  const text = typeof content === 'string' ? content : writeContentParts(writer, content)
  writer.text(text, logprobsOf(logprobs, 'content'))
  const refused = stringOf(refusal)
  writer.refusal(refused, logprobsOf(logprobs, 'refusal'))
  writeNative(writer, message)
  return reasoning !== '' || text !== '' || refused !== ''
}

function logprobsOf(logprobs: unknown, field: 'content' | 'refusal'): readonly unknown[] | undefined {
  if (!isObject(logprobs)) return undefined
  const list = logprobs[field]
  return Array.isArray(list) && list.length > 0 ? list : undefined
}

/** Content as a list of parts, in which some providers send their reasoning (`thinking`). Returns the text. */
function writeContentParts(writer: StepWriter, content: unknown): string {
  let text = ''
  for (const part of objectsOf(content)) {
    if (part['type'] === 'thinking')
      writer.reasoning(
        objectsOf(part['thinking'])
          .map((inner) => stringOf(inner['text']))
          .join(''),
      )
    else text += stringOf(part['text'])
  }
  return text
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
}

/** Some providers say `stop` although they call functions, as OpenAI does for a named one. */
function finishOf(reason: unknown, calls: unknown): FinishReason {
  const known = typeof reason === 'string' && Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined
  const finish = known ?? 'stop'
  return finish === 'stop' && Array.isArray(calls) && calls.length > 0 ? 'tool-calls' : finish
}

/** OpenAI does not say which stop sequence was met; vLLM does, and SGLang under another name. */
function stopOf(choice: JsonObject): { stopSequence?: string } {
  if (choice['stop_reason'] === undefined && choice['matched_stop'] === undefined) return noStop
  const stopSequence = stringOf(choice['stop_reason']) || stringOf(choice['matched_stop'])
  return stopSequence === '' ? {} : { stopSequence }
}

import type { NewId } from '@parley/chassis/values/ids.ts'
import type { FinishReason } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { ModelStep } from '../application/ports.ts'
import { CallAssembly } from './call-assembly.ts'
import { countOf, isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { garbled, type ProviderIdentity, reportedFailure } from './provider-failures.ts'
import { StepWriter } from './step-writer.ts'

export interface DecodeOptions {
  readonly provider: ProviderIdentity
  readonly newId: NewId
  /** What was asked for; stands in when the provider does not name its model. */
  readonly providerModel: string
}

/** The steps of a whole `chat.completion` body. Throws PROVIDER_GARBLED, or what an error in the body stands for. */
export function decodeChatAnswer(text: string, options: DecodeOptions): ModelStep[] {
  const body = parseObject(text, options.provider)
  if (isObject(body['error'])) throw reportedFailure(body['error'], options.provider)
  const choice = firstChoice(body)
  const message = choice?.['message']
  if (choice === null || !isObject(message)) throw garbled(options.provider, 'its answer has no message')
  const writer = new StepWriter(options.newId)
  writeParts(writer, message)
  for (const call of objectsOf(message['tool_calls'])) {
    const called = call['function']
    if (!isObject(called)) throw garbled(options.provider, 'a tool call has no function')
    writer.startCall({ callId: stringOf(call['id']), name: stringOf(called['name']) })
    writer.arguments(stringOf(called['arguments']))
  }
  const finish = finishOf(choice['finish_reason'], message['tool_calls'])
  writer.finish(finish)
  const steps: ModelStep[] = writer.take()
  steps.push({
    type: 'model-end',
    finish,
    usage: readUsage(body['usage']),
    providerModel: stringOf(body['model']) || options.providerModel,
  })
  return steps
}

/**
 * Decodes the `data` of a stream's events, one by one:
 *
 *   reading --finish_reason--> finished --[DONE] or end of input--> done
 *
 * Usage may come with any event; the last one counts. `[DONE]` without a finish reason ends an answer that has output.
 */
export class ChatStreamDecoder {
  readonly #options: DecodeOptions
  readonly #writer: StepWriter
  readonly #calls: CallAssembly
  #finish: FinishReason | null = null
  #usage: Usage | null = null
  #providerModel: string
  #doneSeen = false

  constructor(options: DecodeOptions) {
    this.#options = options
    this.#writer = new StepWriter(options.newId)
    this.#calls = new CallAssembly(this.#writer, options.provider)
    this.#providerModel = options.providerModel
  }

  /** The model has said why it stopped; at most usage is still to come. */
  get isFinished(): boolean {
    return this.#finish !== null
  }

  /** `[DONE]` was read; what follows has no meaning. */
  get isDone(): boolean {
    return this.#doneSeen
  }

  /** True when the event brought the answer forward. Throws PROVIDER_GARBLED, or what an error event stands for. */
  push(data: string): boolean {
    if (this.#doneSeen) return false
    if (data === '[DONE]') {
      this.#doneSeen = true
      return true
    }
    const event = parseObject(data, this.#options.provider)
    if (event['error'] !== undefined && event['error'] !== null) {
      throw reportedFailure(event['error'], this.#options.provider)
    }
    this.#usage = readUsage(event['usage']) ?? this.#usage
    this.#providerModel = stringOf(event['model']) || this.#providerModel
    const choice = firstChoice(event)
    return choice !== null && this.#finish === null && this.#readChoice(choice)
  }

  /** The steps decoded since the last call. */
  take(): ModelStep[] {
    return this.#writer.take()
  }

  /** The remaining steps, once the input has ended. Throws PROVIDER_GARBLED when the answer is not complete. */
  end(): ModelStep[] {
    const finish = this.#finish ?? (this.#doneSeen && this.#writer.itemCount > 0 ? 'stop' : null)
    if (finish === null) throw garbled(this.#options.provider, 'its stream ended before the answer did')
    if (this.#finish === null) this.#close(finish)
    const steps: ModelStep[] = this.#writer.take()
    steps.push({ type: 'model-end', finish, usage: this.#usage, providerModel: this.#providerModel })
    return steps
  }

  #readChoice(choice: JsonObject): boolean {
    const { delta } = choice
    let progress = false
    if (isObject(delta)) {
      const fragments = objectsOf(delta['tool_calls'])
      if (hasParts(delta)) {
        this.#calls.close()
        progress = writeParts(this.#writer, delta)
      }
      for (const fragment of fragments) this.#calls.add(fragment)
      progress = progress || fragments.length > 0
    }
    const reason = choice['finish_reason']
    if (typeof reason !== 'string' || reason === '') return progress
    this.#close(finishOf(reason, this.#calls.size > 0 ? [{}] : []))
    return true
  }

  #close(finish: FinishReason): void {
    this.#calls.close()
    this.#writer.finish(finish)
    this.#finish = finish
  }
}

function parseObject(text: string, provider: ProviderIdentity): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw garbled(provider, text === '' ? 'its answer is empty' : 'its answer is not JSON')
  }
  if (!isObject(value)) throw garbled(provider, 'its answer is not a JSON object')
  return value
}

/** Only the first choice is read: a request asks for one answer. */
function firstChoice(body: JsonObject): JsonObject | null {
  for (const choice of objectsOf(body['choices'])) {
    if ((choice['index'] ?? 0) === 0) return choice
  }
  return null
}

function hasParts(message: JsonObject): boolean {
  for (const field of ['content', 'refusal', 'reasoning_content', 'reasoning']) {
    const value = message[field]
    if (typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0) return true
  }
  return false
}

/** Writes reasoning, text and refusal; true when there was any. Reasoning has two names among providers. */
function writeParts(writer: StepWriter, message: JsonObject): boolean {
  const { content, refusal } = message
  const reasoning = stringOf(message['reasoning_content']) || stringOf(message['reasoning'])
  writer.reasoning(reasoning)
  const text = typeof content === 'string' ? content : writeContentParts(writer, content)
  writer.text(text)
  writer.refusal(stringOf(refusal))
  return reasoning !== '' || text !== '' || stringOf(refusal) !== ''
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

function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const inputTokens = countOf(value['prompt_tokens'])
  const outputTokens = countOf(value['completion_tokens'])
  if (inputTokens === null || outputTokens === null) return null
  const input = value['prompt_tokens_details']
  const output = value['completion_tokens_details']
  return {
    inputTokens,
    cachedInputTokens: isObject(input) ? (countOf(input['cached_tokens']) ?? 0) : 0,
    outputTokens,
    reasoningTokens: isObject(output) ? (countOf(output['reasoning_tokens']) ?? 0) : 0,
    provenance: 'provider',
  }
}

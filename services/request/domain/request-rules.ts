import { AppError } from '@parley/chassis/values/errors.ts'
import { hasIdForm } from '@parley/chassis/values/ids.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'

/** What the rules look at: a submitted input, before anything in it was resolved. */
export interface Submitted {
  readonly items: readonly Item[]
  readonly prompt: { readonly id: string } | null
  readonly options: GenerationOptions
  readonly sessionId: string | null
  readonly previousResponseId: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly idempotencyKey: string | null
}

export const limits = {
  itemsMax: 10_000,
  toolsMax: 128,
  stopMax: 16,
  metadataPairsMax: 16,
  metadataKeyCharsMax: 64,
  metadataValueCharsMax: 512,
  idempotencyKeyCharsMax: 300,
} as const

/** Throws INVALID_REQUEST for the first rule that is broken, naming the field and how to mend it. */
export function checkRequest(request: Submitted): void {
  checkInput(request)
  checkContinuation(request)
  checkSampling(request.options)
  checkTools(request.options)
  checkFormat(request.options)
  checkMetadata(request.metadata)
  checkIdempotencyKey(request.idempotencyKey)
}

function checkInput({ items, prompt, sessionId, previousResponseId }: Submitted): void {
  const continues = prompt !== null || sessionId !== null || previousResponseId !== null
  if (items.length === 0 && !continues) {
    refuse('input', 'There is no input: send at least one message, a prompt, or something to continue.')
  }
  if (items.length > limits.itemsMax) refuse('input', `The input has more than ${limits.itemsMax} items.`)
}

function checkContinuation({ sessionId, previousResponseId }: Submitted): void {
  if (sessionId !== null && previousResponseId !== null) {
    refuse('previous_response_id', 'Send either conversation or previous_response_id, not both.')
  }
  if (sessionId !== null && !hasIdForm('conv', sessionId)) {
    throw new AppError('SESSION_NOT_FOUND', 'There is no conversation with this id.', { param: 'conversation' })
  }
  if (previousResponseId !== null && !hasIdForm('resp', previousResponseId)) throw previousResponseNotFound()
}

export function previousResponseNotFound(): AppError {
  return new AppError('PREVIOUS_RESPONSE_NOT_FOUND', 'There is no stored response with this id to continue from.', {
    param: 'previous_response_id',
  })
}

function checkSampling(options: GenerationOptions): void {
  checkRange('temperature', options.temperature, 0, 2)
  checkRange('top_p', options.topP, 0, 1)
  checkRange('presence_penalty', options.presencePenalty, -2, 2)
  checkRange('frequency_penalty', options.frequencyPenalty, -2, 2)
  const { stop = [] } = options
  if (stop.length > limits.stopMax) refuse('stop', `At most ${limits.stopMax} stop sequences may be given.`)
  if (stop.includes('')) refuse('stop', 'A stop sequence must not be empty.')
}

function checkRange(param: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && !(value >= min && value <= max))
    refuse(param, `${param} must lie between ${min} and ${max}.`)
}

const functionName = /^[a-zA-Z0-9_-]{1,64}$/

function checkTools({ tools = [], toolChoice }: GenerationOptions): void {
  if (tools.length > limits.toolsMax) refuse('tools', `At most ${limits.toolsMax} tools may be given.`)
  const names = new Set<string>()
  for (const [index, tool] of tools.entries()) {
    const param = `tools[${index}].name`
    if (!functionName.test(tool.name))
      refuse(param, 'A function name has 1 to 64 letters, digits, underscores or hyphens.')
    if (names.has(tool.name)) refuse(param, 'Two tools have the same name; give each its own.')
    names.add(tool.name)
  }
  if (toolChoice === 'required' && tools.length === 0) refuse('tool_choice', 'A tool is required, but tools is empty.')
  if (typeof toolChoice === 'object' && !names.has(toolChoice.name)) {
    refuse('tool_choice', 'tool_choice names a function that is not among the tools.')
  }
}

function checkFormat({ textFormat }: GenerationOptions): void {
  if (textFormat?.type === 'json_schema' && !functionName.test(textFormat.name)) {
    refuse('text.format.name', 'A schema name has 1 to 64 letters, digits, underscores or hyphens.')
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(metadata)
  if (pairs.length > limits.metadataPairsMax) {
    refuse('metadata', `metadata has more than ${limits.metadataPairsMax} pairs.`)
  }
  for (const [key, value] of pairs) {
    if (key.length > limits.metadataKeyCharsMax) {
      refuse('metadata', `A metadata key is longer than ${limits.metadataKeyCharsMax} characters.`)
    }
    if (value.length > limits.metadataValueCharsMax) {
      refuse('metadata', `A metadata value is longer than ${limits.metadataValueCharsMax} characters.`)
    }
  }
}

const visibleAscii = /^[\x21-\x7e]+$/

function checkIdempotencyKey(key: string | null): void {
  if (key === null) return
  if (key.length > limits.idempotencyKeyCharsMax || !visibleAscii.test(key)) {
    refuse('Idempotency-Key', 'An idempotency key has 1 to 255 visible ASCII characters.')
  }
}

function refuse(param: string, message: string): never {
  throw new AppError('INVALID_REQUEST', message, { param })
}

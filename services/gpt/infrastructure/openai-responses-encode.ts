import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { ModelRequest } from '../application/ports.ts'
import type { ChatFlavour } from './chat-flavour.ts'
import { isObject, type JsonObject, stringOf } from './json-values.ts'
import { encodeInput } from './openai-responses-items.ts'
import { encodeResponsesTools } from './openai-responses-tools.ts'
import { refuseMessagesOnly } from './refuse-messages-only.ts'
import { unsupported } from './unsupported.ts'

/**
 * The body of `POST responses`. Parameters of the caller's own that came in this dialect are sent as they came, unless
 * Parley sets the same one. Nothing is stored there: Parley sends the whole context each time. Throws
 * UNSUPPORTED_PARAMETER for what the dialect cannot express.
 */
export function encodeResponsesBody(request: ModelRequest, flavour: ChatFlavour): string {
  const { options, providerModel, instructions, delivery } = request
  refuseMessagesOnly(request)
  refuseWhatIsMissing(options)
  const { text, reasoning, include, tools: _tools, tool_choice: _choice, ...own } = ownParameters(options.native)
  return JSON.stringify({
    ...own,
    model: providerModel,
    instructions: instructions ?? undefined,
    input: encodeInput(request, flavour),
    temperature: options.temperature,
    top_p: options.topP,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    max_output_tokens: options.maxOutputTokens,
    ...encodeResponsesTools(options),
    parallel_tool_calls: options.parallelToolCalls,
    text: unlessEmpty({ ...asObject(text), format: options.textFormat }),
    reasoning: unlessEmpty({ ...asObject(reasoning), effort: options.reasoningEffort }),
    top_logprobs: options.topLogprobs,
    include: encodeInclude(options, include),
    store: false,
    stream: delivery === 'incremental' ? true : undefined,
  })
}

/** Parameters of another dialect are translated where this one has a word for them, or refused if they are wishes. */
function ownParameters(native: GenerationOptions['native']): JsonObject {
  if (native === undefined) return {}
  const { dialect, parameters } = native
  if (dialect === 'responses') return parameters
  for (const [name, advice] of Object.entries(wishes)) {
    if (parameters[name] !== undefined) throw unsupported(name, `${name}; ${advice}`)
  }
  const { modalities, metadata, verbosity } = parameters
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')) {
    throw unsupported('modalities', "modalities other than 'text'; leave it out")
  }
  const ofChat = parameters['safety_identifier'] ?? parameters['user']
  const userId = dialect === 'messages' ? asObject(metadata)['user_id'] : ofChat
  const isUser = typeof userId === 'string' && userId.length <= userCharsMax
  return {
    ...(isUser && { safety_identifier: userId }),
    ...(typeof verbosity === 'string' && { text: { verbosity } }),
    ...Object.fromEntries(Object.entries(parameters).filter(([name]) => shared.has(name))),
  }
}

const userCharsMax = 64
/** What chat and this dialect call by the same name. */
const shared: ReadonlySet<string> = new Set(['service_tier', 'prompt_cache_key', 'prompt_cache_retention'])
const leaveOut = 'leave it out'
const wishes: Readonly<Record<string, string>> = {
  logit_bias: leaveOut,
  seed: leaveOut,
  audio: leaveOut,
  web_search_options: leaveOut,
  top_k: leaveOut,
}

function refuseWhatIsMissing({ stop, choices }: GenerationOptions): void {
  if (stop !== undefined && stop.length > 0) throw unsupported('stop', 'stop sequences; leave them out')
  if ((choices ?? 1) > 1) throw unsupported('n', 'n; send the request several times')
}

/**
 * Reasoning is asked for in the form in which it can be passed back, from models that were asked to reason: others refuse
 * that wish.
 */
function encodeInclude({ topLogprobs, reasoningEffort, native }: GenerationOptions, asked: unknown) {
  const wanted = new Set(Array.isArray(asked) ? asked.map(stringOf) : [])
  if (topLogprobs !== undefined) wanted.add('message.output_text.logprobs')
  const reasons = native?.dialect === 'responses' && native.parameters['reasoning'] !== undefined
  if (reasons || (reasoningEffort !== undefined && reasoningEffort !== 'none'))
    wanted.add('reasoning.encrypted_content')
  return wanted.size === 0 ? undefined : [...wanted]
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function unlessEmpty(fields: JsonObject): JsonObject | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}

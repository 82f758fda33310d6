import type { GenerationOptions, Handling, TextFormat } from '@parley/kernel/generation.ts'
import { decodePrompt } from './decode-prompt.ts'
import { decodeToolChoice } from './decode-tool-choice.ts'
import { decodeTools } from './decode-tools.ts'
import type { ResponsesBody } from './schema.ts'

/** The parameters that other parts of the request hold, or that concern nobody behind the gateway. */
const handledElsewhere = new Set([
  'model',
  'input',
  'instructions',
  'conversation',
  'previous_response_id',
  'prompt',
  'metadata',
  'store',
  'stream',
  'stream_options',
  'background',
  'truncation',
  'tools',
  'tool_choice',
  'top_logprobs',
])

/** What is asked of the model. What only this dialect knows goes into `native`, to be shown again and passed on. */
export function decodeOptions(body: ResponsesBody): GenerationOptions {
  const native: Record<string, unknown> = {}
  const options: GenerationOptions = {}
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined || handledElsewhere.has(name)) continue
    if (!decodeCommon(name, body, options, native)) native[name] = value
  }
  decodeToolUse(body, options, native)
  decodeLogProbabilities(body, options)
  const handling = decodeHandling(body)
  if (handling !== null) options.handling = handling
  if (Object.keys(native).length > 0) options.native = { dialect: 'responses', parameters: native }
  return options
}

function decodeToolUse(body: ResponsesBody, options: GenerationOptions, native: Record<string, unknown>): void {
  const { functions, others } = decodeTools(body.tools ?? [])
  const { choice, offered, withheld, shown } = decodeToolChoice(body.tool_choice, functions, others)
  if (offered.length > 0) options.tools = [...offered]
  if (choice !== undefined) options.toolChoice = choice
  if (shown !== undefined) native['tool_choice'] = shown
  const rest = [...withheld, ...others]
  if (rest.length > 0) native['tools'] = rest
}

/** Either parameter asks for them, as OpenAI takes it: alternatives come with the probabilities of what was written. */
function decodeLogProbabilities({ include, top_logprobs: top }: ResponsesBody, options: GenerationOptions): void {
  const count = top ?? 0
  if (count > 0 || include?.includes('message.output_text.logprobs') === true) options.topLogprobs = count
}

function decodeHandling({ background, truncation, prompt }: ResponsesBody): Handling | null {
  const handling: Handling = {}
  if (background === true) handling.background = true
  if (truncation === 'auto' || truncation === 'disabled') handling.truncation = truncation
  const template = decodePrompt(prompt)
  if (template !== null) handling.prompt = template
  return Object.keys(handling).length === 0 ? null : handling
}

/** Returns false for a parameter that has no common meaning. All that are asked for are present and not null. */
function decodeCommon(
  name: string,
  body: ResponsesBody,
  options: GenerationOptions,
  native: Record<string, unknown>,
): boolean {
  switch (name) {
    case 'temperature':
      return assign(options, 'temperature', body.temperature)
    case 'top_p':
      return assign(options, 'topP', body.top_p)
    case 'presence_penalty':
      return assign(options, 'presencePenalty', body.presence_penalty)
    case 'frequency_penalty':
      return assign(options, 'frequencyPenalty', body.frequency_penalty)
    case 'max_output_tokens':
      return assign(options, 'maxOutputTokens', body.max_output_tokens)
    case 'parallel_tool_calls':
      return assign(options, 'parallelToolCalls', body.parallel_tool_calls)
    case 'text': {
      const { format, ...rest } = withoutNulls(body.text ?? {})
      if (Object.keys(rest).length > 0) native['text'] = rest
      return assign(options, 'textFormat', format as TextFormat | undefined)
    }
    case 'reasoning': {
      const { effort, ...rest } = withoutNulls(body.reasoning ?? {})
      if (Object.keys(rest).length > 0) native['reasoning'] = rest
      return assign(options, 'reasoningEffort', effort as string | undefined)
    }
    default:
      return false
  }
}

function assign<Name extends keyof GenerationOptions>(
  options: GenerationOptions,
  name: Name,
  value: GenerationOptions[Name] | null,
): true {
  if (value !== null && value !== undefined) options[name] = value
  return true
}

function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationOptions, TextFormat } from '@parley/kernel/generation.ts'
import type { ContentPart, Item, MessageItem } from '@parley/kernel/items.ts'
import type { ModelRequest } from '../application/ports.ts'

/** Where OpenAI-compatible providers differ in what they take. */
export interface ChatFlavour {
  /** OpenAI's newer models refuse `max_tokens`; most other servers know nothing else. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** False: `developer` messages are sent as `system`, which every chat template knows. */
  readonly developerRole: boolean
}

/**
 * The body of `POST chat/completions`. Parameters of the caller's own that came in as chat are sent as they came, unless
 * Parley sets the same one. Throws UNSUPPORTED_PARAMETER for input that the dialect cannot express.
 */
export function encodeChatBody(request: ModelRequest, flavour: ChatFlavour): string {
  const { options, delivery } = request
  const native = options.native?.dialect === 'chat' ? options.native.parameters : {}
  const body: Record<string, unknown> = { ...native, model: request.providerModel }
  body['messages'] = encodeMessages(request, flavour)
  const asked = encodeOptions(options, { flavour, native })
  for (const name in asked) if (asked[name] !== undefined) body[name] = asked[name]
  if (delivery === 'incremental') {
    body['stream'] = true
    body['stream_options'] = { ...asRecord(native['stream_options']), include_usage: true }
  } else {
    delete body['stream']
    delete body['stream_options']
  }
  return JSON.stringify(body)
}

function encodeOptions(
  options: GenerationOptions,
  { flavour, native }: { flavour: ChatFlavour; native: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const limitGiven = 'max_tokens' in native || 'max_completion_tokens' in native
  const limit = limitGiven ? undefined : options.maxOutputTokens
  const takesNewLimit = flavour.maxTokensField === 'max_completion_tokens'
  return {
    temperature: options.temperature,
    top_p: options.topP,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    max_tokens: takesNewLimit ? undefined : limit,
    max_completion_tokens: takesNewLimit ? limit : undefined,
    stop: options.stop,
    tools: options.tools?.map(({ type, name, description, parameters, strict }) => ({
      type,
      function: {
        name,
        description: description ?? undefined,
        parameters: parameters ?? undefined,
        strict: strict ?? undefined,
      },
    })),
    tool_choice:
      typeof options.toolChoice === 'object'
        ? { type: 'function', function: { name: options.toolChoice.name } }
        : options.toolChoice,
    parallel_tool_calls: options.parallelToolCalls,
    response_format: options.textFormat === undefined ? undefined : encodeTextFormat(options.textFormat),
    reasoning_effort: options.reasoningEffort,
  }
}

function encodeTextFormat(format: TextFormat): unknown {
  if (format.type !== 'json_schema') return format
  const { name, schema, description, strict } = format
  return {
    type: 'json_schema',
    json_schema: { name, description: description ?? undefined, schema, strict: strict ?? undefined },
  }
}

interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { name: string; arguments: string }
}

interface ChatMessage {
  role: string
  content: unknown
  name?: string | undefined
  tool_calls?: ToolCall[]
  tool_call_id?: string
}

/**
 * A function call joins the assistant message before it, and an assistant message the calls before it, as chat wants
 * them in one. Reasoning has no place in chat input and is left out.
 */
function encodeMessages({ instructions, items }: ModelRequest, flavour: ChatFlavour): ChatMessage[] {
  const messages: ChatMessage[] = []
  if (instructions !== null) messages.push({ role: 'system', content: instructions })
  let index = 0
  for (const item of items) addItem(messages, item, { index: index++, flavour })
  return messages
}

function addItem(
  messages: ChatMessage[],
  item: Item,
  { index, flavour }: { index: number; flavour: ChatFlavour },
): void {
  const last = messages.at(-1)
  switch (item.type) {
    case 'message': {
      const content = encodeContent(item.content, `input[${index}].content`)
      const role = item.role === 'developer' && !flavour.developerRole ? 'system' : item.role
      if (isCallOnly(last) && role === 'assistant') last.content = content
      else messages.push({ role, content, name: item.name })
      return
    }
    case 'function_call': {
      const call: ToolCall = {
        id: item.call_id,
        type: 'function',
        function: { name: item.name, arguments: item.arguments },
      }
      if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call]
      else messages.push({ role: 'assistant', content: null, tool_calls: [call] })
      return
    }
    case 'function_call_output': {
      const { output } = item
      const content = typeof output === 'string' ? output : encodeContent(output, `input[${index}].output`)
      messages.push({ role: 'tool', tool_call_id: item.call_id, content })
      return
    }
    case 'reasoning':
      return
  }
}

function isCallOnly(message: ChatMessage | undefined): message is ChatMessage {
  return message?.role === 'assistant' && message.content === null
}

function encodeContent(parts: MessageItem['content'], path: string): unknown {
  const [only] = parts
  if (parts.length === 1 && only !== undefined && isPlainText(only)) return only.text
  return parts.map((part, index) => encodePart(part, `${path}[${index}]`))
}

const plainTextFields = new Set(['type', 'text', 'annotations', 'logprobs'])

/** True for a text part without fields of its own, such as a provider's cache marks. */
function isPlainText(part: ContentPart): part is Extract<ContentPart, { text: string }> {
  if (part.type !== 'input_text' && part.type !== 'output_text') return false
  for (const field in part) if (!plainTextFields.has(field)) return false
  return true
}

function encodePart(part: ContentPart, path: string): unknown {
  switch (part.type) {
    case 'input_text':
      return { ...part, type: 'text' }
    case 'output_text': {
      const { annotations: _annotations, logprobs: _logprobs, ...rest } = part
      return { ...rest, type: 'text' }
    }
    case 'refusal':
    case 'input_audio':
      return part
    case 'input_image': {
      if (typeof part.image_url === 'string') {
        return { type: 'image_url', image_url: { url: part.image_url, detail: part.detail } }
      }
      throw unsupported(path, 'an image by file id; send its data or URL in image_url')
    }
    case 'input_file': {
      if (part.file_url !== undefined) throw unsupported(path, 'a file by URL; send its data in file_data')
      return {
        type: 'file',
        file: { file_id: part.file_id ?? undefined, file_data: part.file_data, filename: part.filename },
      }
    }
  }
}

function unsupported(param: string, what: string): AppError {
  return new AppError('UNSUPPORTED_PARAMETER', `The model's provider does not take ${what}.`, { param })
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

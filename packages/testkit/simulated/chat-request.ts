import type { FunctionTool, GenerationOptions, TextFormat, ToolChoice } from '@parley/kernel/generation.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'
import type { ReadCall } from './upstream-dialect.ts'

type Json = Readonly<Record<string, unknown>>

/** A Chat Completions body. As strict as the real provider about the order of messages. */
export function readChatCall(text: string): ReadCall {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return wrong('We could not parse the JSON body of your request.', null)
  }
  if (!isJson(body)) return wrong('The body must be a JSON object.', null)
  if (typeof body['model'] !== 'string') return wrong('you must provide a model parameter', 'model')
  const messages = body['messages']
  if (!Array.isArray(messages) || messages.length === 0)
    return wrong("'messages' must be a non-empty array.", 'messages')
  const items: Item[] = []
  for (const [index, message] of messages.entries()) {
    const problem = isJson(message) ? addMessage(items, message, index) : 'a message must be an object'
    if (problem !== null) return wrong(`Invalid 'messages[${index}]': ${problem}.`, `messages[${index}]`)
  }
  const streamOptions = isJson(body['stream_options']) ? body['stream_options'] : {}
  return {
    status: 'ok',
    call: {
      model: body['model'],
      stream: body['stream'] === true,
      includeUsage: streamOptions['include_usage'] === true,
      request: { instructions: null, items, options: readOptions(body), customTools: readCustomTools(body['tools']) },
    },
  }
}

const roles = ['user', 'assistant', 'system', 'developer'] as const

/** Returns what is wrong with the message, or null. */
function addMessage(items: Item[], message: Json, index: number): string | null {
  const { role } = message
  if (role === 'tool') {
    const callId = String(message['tool_call_id'])
    if (!answersOpenCall(items, callId)) {
      return "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
    }
    items.push({
      type: 'function_call_output',
      id: `sim_${index}`,
      call_id: callId,
      output: textOf(message['content']),
    })
    return null
  }
  const known = roles.find((candidate) => candidate === role)
  if (known === undefined) return `role '${String(role)}' is not supported`
  if (hasOpenCall(items)) return "an assistant message with 'tool_calls' must be followed by tool messages"
  const content = readContent(message['content'], known)
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isJson) : []
  if (content.length === 0 && calls.length === 0 && typeof message['refusal'] !== 'string') return 'content is missing'
  if (content.length > 0) items.push({ type: 'message', id: `sim_${index}`, role: known, content })
  for (const call of calls) {
    const custom = isJson(call['custom']) ? call['custom'] : null
    const called = custom ?? (isJson(call['function']) ? call['function'] : {})
    items.push({
      type: 'function_call',
      id: `sim_${index}`,
      call_id: String(call['id']),
      name: String(called['name']),
      arguments: String(called[custom === null ? 'arguments' : 'input']),
    })
  }
  return null
}

/** Tool messages directly follow the calls that they answer, other tool messages aside. */
function answersOpenCall(items: readonly Item[], callId: string): boolean {
  const lastOther = items.findLastIndex((item) => item.type === 'message')
  return items.slice(lastOther + 1).some((item) => item.type === 'function_call' && item.call_id === callId)
}

function hasOpenCall(items: readonly Item[]): boolean {
  return items.at(-1)?.type === 'function_call'
}

function readContent(content: unknown, role: (typeof roles)[number]): ContentPart[] {
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  if (typeof content === 'string') return [{ type, text: content }]
  if (!Array.isArray(content)) return []
  return content.filter(isJson).map((part): ContentPart => {
    if (part['type'] === 'text') return { type, text: String(part['text']) }
    if (part['type'] === 'refusal') return { type: 'refusal', refusal: String(part['refusal']) }
    return { type: 'input_image' }
  })
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return readContent(content, 'user')
    .map((part) => ('text' in part ? part.text : ''))
    .join('')
}

function readOptions(body: Json): GenerationOptions {
  const options: GenerationOptions = {}
  const limit = body['max_completion_tokens'] ?? body['max_tokens']
  if (typeof limit === 'number') options.maxOutputTokens = limit
  if (typeof body['n'] === 'number') options.choices = body['n']
  if (body['logprobs'] === true) options.topLogprobs = Number(body['top_logprobs'] ?? 0)
  if (typeof body['stop'] === 'string') options.stop = [body['stop']]
  else if (Array.isArray(body['stop'])) options.stop = body['stop'].map(String)
  if (Array.isArray(body['tools'])) options.tools = body['tools'].filter(isJson).flatMap(readTool)
  if (body['tool_choice'] !== undefined) options.toolChoice = readToolChoice(body['tool_choice'])
  if (body['parallel_tool_calls'] === false) options.parallelToolCalls = false
  if (isJson(body['response_format'])) options.textFormat = readFormat(body['response_format'])
  return options
}

function readTool(tool: Json): FunctionTool[] {
  const described = tool['function']
  if (tool['type'] !== 'function' || !isJson(described)) return []
  const parameters = isJson(described['parameters']) ? described['parameters'] : null
  return [{ type: 'function', name: String(described['name']), parameters }]
}

function readCustomTools(tools: unknown): string[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) => (isJson(tool) && isJson(tool['custom']) ? [String(tool['custom']['name'])] : []))
}

function readToolChoice(choice: unknown): ToolChoice {
  if (isJson(choice)) {
    const named = choice['function'] ?? choice['custom']
    if (choice['type'] === 'allowed_tools') return 'auto'
    return { type: 'function', name: String(isJson(named) ? named['name'] : choice['name']) }
  }
  return choice === 'none' || choice === 'required' ? choice : 'auto'
}

function readFormat(format: Json): TextFormat {
  const described = format['json_schema']
  if (format['type'] === 'json_object') return { type: 'json_object' }
  if (format['type'] !== 'json_schema' || !isJson(described)) return { type: 'text' }
  return {
    type: 'json_schema',
    name: String(described['name']),
    schema: isJson(described['schema']) ? described['schema'] : {},
  }
}

function wrong(message: string, param: string | null): ReadCall {
  return { status: 'wrong', message, param }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

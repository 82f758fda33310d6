import type { FunctionTool, GenerationOptions, TextFormat, ToolChoice } from '@parley/kernel/generation.ts'
import type { ContentPart, Item } from '@parley/kernel/items.ts'
import { isSealedReasoning } from './responses-seal.ts'
import type { ReadCall } from './upstream-dialect.ts'

type Json = Readonly<Record<string, unknown>>

/** A Responses body. As strict as the real provider about calls and their outputs, and about sealed reasoning. */
export function readResponsesCall(text: string): ReadCall {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return wrong('We could not parse the JSON body of your request.', null)
  }
  if (!isJson(body)) return wrong('The body must be a JSON object.', null)
  const { model, input, instructions, store } = body
  if (typeof model !== 'string') return wrong("Missing required parameter: 'model'.", 'model')
  for (const name of unknownParameters)
    if (body[name] !== undefined) return wrong(`Unknown parameter: '${name}'.`, name)
  if (store !== false) return wrong('The simulated provider stores nothing.', 'store')
  const given = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  if (!Array.isArray(given) || given.length === 0) return wrong("Missing required parameter: 'input'.", 'input')
  const items: Item[] = []
  for (const [index, item] of given.entries()) {
    const problem = isJson(item) ? addItem(items, item, index) : 'expected an object'
    if (problem !== null) return wrong(`Invalid 'input[${index}]': ${problem}.`, `input[${index}]`)
  }
  return {
    status: 'ok',
    call: {
      model,
      stream: body['stream'] === true,
      includeUsage: true,
      request: {
        instructions: typeof instructions === 'string' ? instructions : null,
        items,
        options: readOptions(body),
        customTools: readCustomTools(body['tools']),
      },
    },
  }
}

/** Of chat, and mixed up with those of responses. */
const unknownParameters = [
  'messages',
  'response_format',
  'max_tokens',
  'stop',
  'n',
  'seed',
  'logprobs',
  'reasoning_effort',
]
const roles = ['user', 'assistant', 'system', 'developer'] as const

/** Returns what is wrong with the item, or null. */
function addItem(items: Item[], item: Json, index: number): string | null {
  const id = `sim_${index}`
  switch (item['type'] ?? 'message') {
    case 'message': {
      const role = roles.find((known) => known === item['role'])
      if (role === undefined) return `role '${String(item['role'])}' is not supported`
      const content = readContent(item['content'], role)
      if (typeof content === 'string') return content
      items.push({ type: 'message', id, role, content })
      return null
    }
    case 'function_call':
    case 'custom_tool_call': {
      const { call_id: callId, name, arguments: text, input } = item
      items.push({
        type: 'function_call',
        id,
        call_id: String(callId),
        name: String(name),
        arguments: String(text ?? input),
      })
      return null
    }
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const callId = String(item['call_id'])
      if (!items.some((other) => other.type === 'function_call' && other.call_id === callId)) {
        return `No tool call found for function call output with call_id ${callId}`
      }
      const output = typeof item['output'] === 'string' ? item['output'] : textOf(item['output'])
      items.push({ type: 'function_call_output', id, call_id: callId, output })
      return null
    }
    case 'reasoning':
      return isSealedReasoning(item) ? null : `the encrypted content of ${String(item['id'])} could not be verified`
    default:
      return `type '${String(item['type'])}' is not supported`
  }
}

/** Text is what is wrong. */
function readContent(content: unknown, role: (typeof roles)[number]): ContentPart[] | string {
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  if (typeof content === 'string') return [{ type, text: content }]
  if (!Array.isArray(content)) return 'content is missing'
  const parts: ContentPart[] = []
  for (const part of content.filter(isJson)) {
    if (part['type'] === type) parts.push({ type, text: String(part['text']) })
    else if (part['type'] === 'refusal' && role === 'assistant')
      parts.push({ type: 'refusal', refusal: String(part['refusal']) })
    else if (part['type'] === 'input_image' || part['type'] === 'input_file') parts.push({ type: 'input_image' })
    else return `content of type '${String(part['type'])}' is not supported for the role ${role}`
  }
  return parts
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isJson(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}

function readOptions(body: Json): GenerationOptions {
  const options: GenerationOptions = {}
  const { max_output_tokens: limit, tools, tool_choice: choice, text, include, top_logprobs: top } = body
  if (typeof limit === 'number') options.maxOutputTokens = limit
  if (Array.isArray(include) && include.includes('message.output_text.logprobs')) options.topLogprobs = Number(top ?? 0)
  if (Array.isArray(tools)) options.tools = tools.filter(isJson).filter(isOffered(choice)).flatMap(readTool)
  if (choice !== undefined) options.toolChoice = readToolChoice(choice)
  if (body['parallel_tool_calls'] === false) options.parallelToolCalls = false
  if (isJson(text) && isJson(text['format'])) options.textFormat = text['format'] as TextFormat
  return options
}

/** Of allowed tools the others may not be called. */
function isOffered(choice: unknown): (tool: Json) => boolean {
  if (!isJson(choice) || choice['type'] !== 'allowed_tools' || !Array.isArray(choice['tools'])) return () => true
  const names = new Set(choice['tools'].filter(isJson).map(({ name }) => name))
  return ({ name }) => names.has(name)
}

function readTool({ type, name, parameters }: Json): FunctionTool[] {
  if (type !== 'function') return []
  return [{ type, name: String(name), parameters: isJson(parameters) ? parameters : null }]
}

function readCustomTools(tools: unknown): string[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) => (isJson(tool) && tool['type'] === 'custom' ? [String(tool['name'])] : []))
}

function readToolChoice(choice: unknown): ToolChoice {
  if (!isJson(choice)) return choice === 'none' || choice === 'required' ? choice : 'auto'
  if (choice['type'] === 'allowed_tools') return choice['mode'] === 'required' ? 'required' : 'auto'
  return { type: 'function', name: String(choice['name']) }
}

function wrong(message: string, param: string | null): ReadCall {
  return { status: 'wrong', message, param }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

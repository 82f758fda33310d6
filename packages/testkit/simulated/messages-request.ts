import type { FunctionTool, GenerationOptions, TextFormat, ToolChoice } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import { addBlocks } from './messages-blocks.ts'
import type { ReadCall } from './upstream-dialect.ts'

type Json = Readonly<Record<string, unknown>>

/** A Messages body. As strict as the real provider about the order of messages and the signatures of reasoning. */
export function readMessagesCall(text: string, { counting = false }: { counting?: boolean } = {}): ReadCall {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return wrong('The request body is not valid JSON.')
  }
  if (!isJson(body)) return wrong('The request body must be a JSON object.')
  if (typeof body['model'] !== 'string') return wrong('model: Field required')
  if (!counting && typeof body['max_tokens'] !== 'number') return wrong('max_tokens: Field required')
  if (!Array.isArray(body['messages']) || body['messages'].length === 0) {
    return wrong('messages: at least one message is required')
  }
  const items: Item[] = []
  const problem = addMessages(items, body['messages']) ?? toolProblem(body['tools'])
  if (problem !== null) return wrong(problem)
  return {
    status: 'ok',
    call: {
      model: body['model'],
      stream: body['stream'] === true,
      includeUsage: true,
      request: { instructions: readSystem(body['system']), items, options: readOptions(body) },
    },
  }
}

/** Returns what is wrong, or null. */
function addMessages(items: Item[], messages: readonly unknown[]): string | null {
  for (const [index, message] of messages.entries()) {
    if (!isJson(message)) return `messages.${index}: Input should be an object`
    const { role, content } = message
    if (role !== 'user' && role !== 'assistant' && role !== 'system') return `messages.${index}.role: Unexpected role`
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    if (!Array.isArray(blocks) || blocks.length === 0) return `messages.${index}: all messages must have content`
    const problem = addBlocks(items, blocks, { role, index })
    if (problem !== null) return problem
  }
  return null
}

function toolProblem(tools: unknown): string | null {
  if (!Array.isArray(tools)) return null
  const index = tools.findIndex((tool) => isJson(tool) && isOwnTool(tool) && !isJson(tool['input_schema']))
  return index < 0 ? null : `tools.${index}.custom.input_schema: Field required`
}

function isOwnTool({ type }: Json): boolean {
  return type === undefined || type === null || type === 'custom'
}

function readSystem(system: unknown): string | null {
  if (typeof system === 'string') return system
  if (!Array.isArray(system)) return null
  return system.map((block) => (isJson(block) ? String(block['text']) : '')).join('\n\n')
}

function readOptions(body: Json): GenerationOptions {
  const options: GenerationOptions = {}
  const { max_tokens: limit, stop_sequences: stop, tools, tool_choice: choice, output_config: output } = body
  if (typeof limit === 'number') options.maxOutputTokens = limit
  if (Array.isArray(stop)) options.stop = stop.map(String)
  if (Array.isArray(tools)) options.tools = tools.filter(isJson).filter(isOwnTool).map(readTool)
  if (isJson(choice)) {
    options.toolChoice = readToolChoice(choice)
    if (choice['disable_parallel_tool_use'] === true) options.parallelToolCalls = false
  }
  const format = isJson(output) ? output['format'] : body['output_format']
  if (isJson(format)) options.textFormat = readFormat(format)
  return options
}

function readTool({ name, input_schema: schema }: Json): FunctionTool {
  return { type: 'function', name: String(name), parameters: isJson(schema) ? schema : null }
}

function readToolChoice({ type, name }: Json): ToolChoice {
  if (type === 'tool') return { type: 'function', name: String(name) }
  if (type === 'any') return 'required'
  return type === 'none' ? 'none' : 'auto'
}

function readFormat({ schema }: Json): TextFormat {
  return { type: 'json_schema', name: 'output', schema: isJson(schema) ? schema : {} }
}

function wrong(message: string): ReadCall {
  return { status: 'wrong', message, param: null }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

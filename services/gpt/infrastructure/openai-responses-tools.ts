import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import { isObject, type JsonObject, objectsOf } from './json-values.ts'

interface EncodedTools {
  readonly tools: readonly JsonObject[] | undefined
  readonly tool_choice: unknown
}

/** The caller's functions, then what else came in this dialect: hosted tools, custom ones, functions not allowed now. */
export function encodeResponsesTools({ tools = [], toolChoice, native }: GenerationOptions): EncodedTools {
  const isOwn = native === undefined || native.dialect === 'responses'
  const others = objectsOf(native?.parameters['tools'])
  const all = [
    ...tools.map((tool) => encodeTool(tool, isOwn)),
    ...(native?.dialect === 'responses' ? others : others.flatMap(toCustomTool)),
  ]
  return { tools: all.length === 0 ? undefined : all, tool_choice: ownChoice(native) ?? toolChoice }
}

/** What is not said of strictness means yes in this dialect, and no in the others. */
function encodeTool(tool: FunctionTool, isOwn: boolean): JsonObject {
  const { type, name, description, parameters, strict } = tool
  return {
    type,
    name,
    description: description ?? undefined,
    parameters: parameters ?? { type: 'object', properties: {} },
    strict: strict ?? (isOwn ? undefined : false),
  }
}

/** A tool of chat that takes any text; a grammar is one level less deep in this dialect. */
function toCustomTool({ type, custom }: JsonObject): JsonObject[] {
  if (type !== 'custom' || !isObject(custom)) return []
  const { name, description, format } = custom
  const grammar = isObject(format) ? format['grammar'] : undefined
  return [{ type, name, description, format: isObject(grammar) ? { type: 'grammar', ...grammar } : format }]
}

function ownChoice(native: GenerationOptions['native']): JsonObject | undefined {
  const choice = native?.parameters['tool_choice']
  if (!isObject(choice) || native?.dialect === 'messages') return undefined
  if (native?.dialect === 'responses') return choice
  const { type, custom, allowed_tools: allowed } = choice
  if (type === 'custom' && isObject(custom)) return { type, name: custom['name'] }
  return type === 'allowed_tools' && isObject(allowed)
    ? { type, mode: allowed['mode'], tools: flatTools(allowed) }
    : undefined
}

function flatTools({ tools }: JsonObject): JsonObject[] {
  return objectsOf(tools).map(({ type, function: called, custom }) => {
    const named = isObject(called) ? called : isObject(custom) ? custom : {}
    return { type, name: named['name'] }
  })
}

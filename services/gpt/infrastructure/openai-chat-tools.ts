import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import type { ChatFlavour } from './chat-flavour.ts'
import { isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'

interface EncodedTools {
  readonly tools: readonly object[] | undefined
  readonly tool_choice: unknown
}

/** The caller's tools and its choice among them; as they came, where they came in this dialect and say more. */
export function encodeTools({ tools, toolChoice, native }: GenerationOptions, flavour: ChatFlavour): EncodedTools {
  const own = native?.dialect === 'chat' ? native.parameters : {}
  const given = objectsOf(own['tools']).map((tool) => withoutMark(tool, flavour))
  const all =
    given.length > 0 ? given : [...(tools ?? []).map((tool) => encodeTool(tool, flavour)), ...customTools(native)]
  return {
    tools: all.length === 0 ? undefined : all,
    tool_choice: own['tool_choice'] ?? customChoice(native) ?? encodeChoice(toolChoice),
  }
}

/** OpenAI itself refuses other providers' cache marks. */
function withoutMark(tool: JsonObject, { strictFields }: ChatFlavour): JsonObject {
  const { cache_control: _, ...rest } = tool
  return strictFields ? rest : tool
}

function encodeTool(tool: FunctionTool, { strictFields }: ChatFlavour): object {
  const { type, name, description, parameters, strict } = tool
  return {
    type,
    function: {
      name,
      description: description ?? undefined,
      parameters: parameters ?? undefined,
      strict: strict ?? undefined,
    },
    ...(!strictFields && 'cache_control' in tool && { cache_control: tool.cache_control }),
  }
}

function encodeChoice(choice: GenerationOptions['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

/** Tools of Responses that take any text; others of its tools are offers, which a chat model passes over. */
function customTools(native: GenerationOptions['native']): object[] {
  if (native?.dialect !== 'responses') return []
  return objectsOf(native.parameters['tools']).flatMap(({ type, name, description, format }) =>
    type === 'custom' ? [{ type, custom: { name, description, format: encodeFormat(format) } }] : [],
  )
}

/** A grammar is one level deeper in this dialect. */
function encodeFormat(format: unknown): unknown {
  if (!isObject(format) || format['type'] !== 'grammar') return format
  const { type, ...grammar } = format
  return { type, grammar }
}

function customChoice(native: GenerationOptions['native']): object | undefined {
  const choice = native?.dialect === 'responses' ? native.parameters['tool_choice'] : undefined
  if (!isObject(choice) || choice['type'] !== 'custom') return undefined
  return { type: 'custom', custom: { name: stringOf(choice['name']) } }
}

/** The names of the tools that take any text, for a model that does without their descriptions. */
export function customToolNames(native: GenerationOptions['native']): string[] {
  if (native === undefined) return []
  return objectsOf(native.parameters['tools']).flatMap(({ type, name, custom }) => {
    if (type !== 'custom' || native.dialect === 'messages') return []
    return [stringOf(isObject(custom) ? custom['name'] : name)]
  })
}

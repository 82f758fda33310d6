import type { FunctionTool, ToolChoice } from '@parley/kernel/generation.ts'
import { invalid, unsupported } from '../schemas.ts'
import type { ResponsesBody } from './schema.ts'

type AskedChoice = ResponsesBody['tool_choice']

export interface DecodedChoice {
  readonly choice: ToolChoice | undefined
  /** The functions that the model is told of. */
  readonly offered: readonly FunctionTool[]
  /** Functions that were sent but may not be called this time. */
  readonly withheld: readonly FunctionTool[]
  /** The choice as it was asked for, when the common form cannot say it. */
  readonly shown: object | undefined
}

/**
 * Which functions the model may call. Tools that a provider would have to host can be offered, but not demanded, since
 * not every provider has them. Throws INVALID_REQUEST, UNSUPPORTED_PARAMETER.
 */
export function decodeToolChoice(
  asked: AskedChoice,
  functions: readonly FunctionTool[],
  others: readonly object[] = [],
): DecodedChoice {
  const all = { offered: functions, withheld: [], shown: undefined }
  if (asked === null || asked === undefined) return { ...all, choice: undefined }
  if (typeof asked === 'string') return { ...all, choice: asked }
  if (asked.type === 'function' && 'name' in asked) {
    requireKnown(asked.name, functions, 'tool_choice')
    return { ...all, choice: { type: 'function', name: asked.name } }
  }
  if ('tools' in asked) return decodeAllowed(asked, functions)
  if (asked.type === 'custom' && 'name' in asked && others.some((tool) => 'name' in tool && tool.name === asked.name)) {
    return { ...all, choice: undefined, shown: asked }
  }
  throw unsupported(
    'tool_choice',
    "tool_choice can demand a function: {type: 'function', name}, or allow some: {type: 'allowed_tools', mode, tools}.",
  )
}

interface AllowedTools {
  readonly type: 'allowed_tools'
  readonly mode?: 'auto' | 'required' | null
  readonly tools: readonly { readonly type: string; readonly name?: string }[]
}

function decodeAllowed(asked: AllowedTools, functions: readonly FunctionTool[]): DecodedChoice {
  const names = new Set<string>()
  for (const [index, { type, name }] of asked.tools.entries()) {
    if (type !== 'function') continue
    requireKnown(name ?? '', functions, `tool_choice.tools[${index}]`)
    names.add(name ?? '')
  }
  const mode = asked.mode ?? 'auto'
  if (mode === 'required' && names.size === 0) {
    throw unsupported('tool_choice', 'tool_choice requires a call but allows no function: name one of tools.')
  }
  return {
    choice: names.size === 0 ? undefined : mode,
    offered: functions.filter(({ name }) => names.has(name)),
    withheld: functions.filter(({ name }) => !names.has(name)),
    shown: asked,
  }
}

function requireKnown(name: string, functions: readonly FunctionTool[], param: string): void {
  if (functions.some((tool) => tool.name === name)) return
  throw invalid(param, `${param} names a function that is not among tools.`)
}

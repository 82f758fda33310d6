import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import { invalid } from '../schemas.ts'
import { marks } from './decode-blocks.ts'
import type { MessagesBody, MessagesTool } from './schema.ts'

/**
 * The caller's tools and its choice among them. Tools that run at Anthropic are not among them: only providers of this
 * dialect can be told of those. Throws INVALID_REQUEST.
 */
export function decodeTools({
  tools,
  tool_choice: choice,
}: Pick<MessagesBody, 'tools' | 'tool_choice'>): Pick<GenerationOptions, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  const given = tools ?? []
  const decoded = given.flatMap((tool, index) => (isOwn(tool) ? [decodeTool(tool, `tools[${index}]`)] : []))
  const options: GenerationOptions = decoded.length === 0 ? {} : { tools: decoded }
  if (choice === null || choice === undefined) return options
  if ('disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    options.parallelToolCalls = false
  }
  if (choice.type === 'tool') {
    if (!given.some(({ name }) => name === choice.name)) {
      throw invalid('tool_choice', 'tool_choice names a tool that is not among tools.')
    }
    return { ...options, toolChoice: { type: 'function', name: choice.name } }
  }
  if (choice.type === 'any' && given.length === 0) {
    throw invalid('tool_choice', "tool_choice: 'any' needs at least one tool in tools.")
  }
  return given.length === 0 ? options : { ...options, toolChoice: choice.type === 'any' ? 'required' : choice.type }
}

/** True when the common form says less of a tool than the caller did. */
export function saysMore(tools: readonly MessagesTool[]): boolean {
  return tools.some((tool) => !isOwn(tool) || Object.keys(tool).some((name) => !commonFields.has(name)))
}

const commonFields: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
])

/** False for a tool that runs at Anthropic, which is told by its type. */
function isOwn({ type }: MessagesTool): boolean {
  return type === null || type === undefined || type === 'custom'
}

function decodeTool(tool: MessagesTool, path: string): FunctionTool {
  const { name, description, input_schema: parameters, strict } = tool
  if (typeof name !== 'string') throw invalid(`${path}.name`, `${path}.name is required.`)
  if (parameters === null || parameters === undefined) {
    throw invalid(`${path}.input_schema`, `${path}.input_schema is required.`)
  }
  return {
    type: 'function',
    name,
    parameters,
    ...(typeof description === 'string' && { description }),
    ...(typeof strict === 'boolean' && { strict }),
    ...marks(tool),
  }
}

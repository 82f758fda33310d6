import type { FunctionTool, GenerationOptions } from '@parley/kernel/generation.ts'
import { invalid, unsupported } from '../schemas.ts'
import { marks } from './decode-blocks.ts'
import type { MessagesBody, MessagesTool } from './schema.ts'

/** The caller's tools and its choice among them. Throws INVALID_REQUEST, UNSUPPORTED_PARAMETER. */
export function decodeTools({
  tools,
  tool_choice: choice,
}: Pick<MessagesBody, 'tools' | 'tool_choice'>): Pick<GenerationOptions, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  const decoded = (tools ?? []).map((tool, index) => decodeTool(tool, `tools[${index}]`))
  const options: GenerationOptions = decoded.length === 0 ? {} : { tools: decoded }
  if (choice === null || choice === undefined) return options
  if ('disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    options.parallelToolCalls = false
  }
  if (choice.type === 'tool') {
    if (!decoded.some(({ name }) => name === choice.name)) {
      throw invalid('tool_choice', 'tool_choice names a tool that is not among tools.')
    }
    return { ...options, toolChoice: { type: 'function', name: choice.name } }
  }
  if (choice.type === 'any' && decoded.length === 0) {
    throw invalid('tool_choice', "tool_choice: 'any' needs at least one tool in tools.")
  }
  return decoded.length === 0 ? options : { ...options, toolChoice: choice.type === 'any' ? 'required' : choice.type }
}

function decodeTool(tool: MessagesTool, path: string): FunctionTool {
  const { type, name, description, input_schema: parameters, strict } = tool
  if (type !== null && type !== undefined && type !== 'custom') {
    throw unsupported(
      `${path}.type`,
      `${path}.type: tools of type '${type.slice(0, 100)}' are Anthropic's own, which Parley does not offer. Send tools with an input_schema.`,
    )
  }
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

import type { FunctionTool } from '@parley/kernel/generation.ts'
import type { ResponsesBody } from './schema.ts'

type Tools = NonNullable<ResponsesBody['tools']>

/**
 * Tools that the caller runs, and tools that a provider would have to host. The latter reach providers of this dialect
 * only; for any other model they are as good as tools that it chose not to call.
 */
export function decodeTools(tools: Tools): { functions: FunctionTool[]; others: object[] } {
  const functions: FunctionTool[] = []
  const others: object[] = []
  for (const tool of tools) {
    if (isFunction(tool)) functions.push(tool)
    else others.push(tool)
  }
  return { functions, others }
}

function isFunction(tool: Tools[number]): tool is Extract<Tools[number], { name: string }> {
  return tool.type === 'function'
}

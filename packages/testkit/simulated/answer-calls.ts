import type { FunctionTool } from '@parley/kernel/generation.ts'
import { trailingOutputs } from './answer-text.ts'
import type { Directives } from './directives.ts'
import { instanceOf } from './schema-instance.ts'
import type { SimulatedRequest } from './simulated-request.ts'

export interface PlannedCall {
  readonly callId: string
  readonly name: string
  /** JSON text that satisfies the tool's schema; of a custom tool, a sentence. */
  readonly arguments: string
  readonly custom: boolean
}

export type PlannedCalls = { status: 'ok'; calls: readonly PlannedCall[] } | { status: 'wrong'; message: string }

/**
 * Which functions the model calls: the one that `tool_choice` or the directive `call` names, else those whose names the
 * prompt mentions, else the first when a call is required. Once function outputs have come it answers in words.
 */
export function planCalls(
  { items, options, customTools = [] }: SimulatedRequest,
  { directives, prompt }: { directives: Directives; prompt: string },
): PlannedCalls {
  const { toolChoice = 'auto', parallelToolCalls = true } = options
  const tools: readonly OfferedTool[] = [...(options.tools ?? []), ...customTools.map(toOffered)]
  const named = typeof toolChoice === 'object' ? toolChoice.name : directives.call
  if (named !== undefined && tools.every((tool) => tool.name !== named)) {
    return { status: 'wrong', message: `Tool choice '${named}' is not among the tools of the request.` }
  }
  if (toolChoice === 'none' || trailingOutputs(items).length > 0) return { status: 'ok', calls: [] }
  const chosen = named === undefined ? mentioned(tools, prompt) : tools.filter((tool) => tool.name === named)
  if (chosen.length === 0 && toolChoice === 'required') chosen.push(...tools.slice(0, 1))
  const repeated = chosen.flatMap((tool) => Array.from({ length: directives.calls ?? 1 }, () => tool))
  const allowed = parallelToolCalls ? repeated : repeated.slice(0, 1)
  const earlier = items.filter((item) => item.type === 'function_call').length
  return { status: 'ok', calls: allowed.map((tool, index) => toCall(tool, earlier + index + 1)) }
}

type OfferedTool = Pick<FunctionTool, 'name' | 'parameters'> & { readonly custom?: true }

function toOffered(name: string): OfferedTool {
  return { name, custom: true }
}

function toCall(tool: OfferedTool, number: number): PlannedCall {
  const head = { callId: `call_simulated_${number}`, name: tool.name }
  if (tool.custom) return { ...head, arguments: `Simulated input for ${tool.name}.`, custom: true }
  const argumentsOf = instanceOf(tool.parameters ?? { type: 'object' })
  return { ...head, arguments: JSON.stringify(argumentsOf), custom: false }
}

function mentioned(tools: readonly OfferedTool[], prompt: string): OfferedTool[] {
  const words = new Set(prompt.toLowerCase().match(/[\w-]+/g) ?? [])
  return tools.filter((tool) => words.has(tool.name.toLowerCase()))
}

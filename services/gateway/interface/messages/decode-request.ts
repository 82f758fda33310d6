import type { NewId } from '@parley/chassis/values/ids.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { unsupported } from '../schemas.ts'
import { decodeMessages, messageItem, systemParts } from './decode-messages.ts'
import { decodeTools } from './decode-tools.ts'
import type { CountBody, MessagesBody } from './schema.ts'

export interface MessagesRequest {
  readonly input: RequestInput
  readonly stream: boolean
  readonly thinking: ThinkingShown
}

/** What the caller wants to see of the model's reasoning. `omitted`: that there was some, without its text. */
export type ThinkingShown = 'none' | 'omitted' | 'full'

/**
 * `POST /v1/messages` as a request. What only this dialect knows goes into `options.native`; what cannot be honoured is
 * refused with UNSUPPORTED_PARAMETER.
 */
export function decodeMessagesRequest(
  body: MessagesBody,
  { newId, sessionId }: { newId: NewId; sessionId: string | null },
): MessagesRequest {
  refuseWhatIsMissing(body)
  const stream = body.stream === true
  const userId = body.metadata?.user_id
  return {
    stream,
    thinking: thinkingShown(body.thinking),
    input: {
      model: body.model,
      ...decodeConversation(body, newId),
      prompt: null,
      options: decodeOptions(body),
      delivery: stream ? 'incremental' : 'whole',
      store: false,
      sessionId,
      previousResponseId: null,
      metadata: typeof userId === 'string' ? { user_id: userId } : {},
    },
  }
}

/** System text without cache marks becomes the instructions; with marks, a message that keeps them. */
export function decodeConversation(
  { system, messages }: Pick<CountBody, 'system' | 'messages'>,
  newId: NewId,
): { instructions: string | null; items: Item[] } {
  const items = decodeMessages(messages, newId)
  if (system === null || system === undefined || system.length === 0) return { instructions: null, items }
  if (typeof system === 'string') return { instructions: system, items }
  const marked = system.some(({ cache_control: mark }) => mark !== null && mark !== undefined)
  if (!marked) return { instructions: system.map(({ text }) => text).join('\n\n'), items }
  return { instructions: null, items: [messageItem('system', systemParts(system), newId), ...items] }
}

/** Parameters that other parts of the request hold, or that have a common meaning. */
const understood: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stream',
  'stop_sequences',
  'temperature',
  'top_p',
])

function decodeOptions(body: MessagesBody): GenerationOptions {
  const { temperature, top_p: topP, max_tokens: maxOutputTokens, stop_sequences: stop } = body
  const format = body.output_config?.format ?? body.output_format
  const effort = effortOf(body)
  const native = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== null && value !== undefined && !understood.has(name)),
  )
  return {
    maxOutputTokens,
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(stop !== null && stop !== undefined && stop.length > 0 && { stop }),
    ...decodeTools(body),
    ...(format !== null &&
      format !== undefined && {
        textFormat: { type: 'json_schema' as const, name: 'output', schema: format.schema, strict: true },
      }),
    ...(effort !== null && { reasoningEffort: effort }),
    ...(Object.keys(native).length > 0 && { native: { dialect: 'messages' as const, parameters: native } }),
  }
}

/** Budgets below which reasoning of this effort is meant, in tokens. */
const lowBudgetTokens = 4_096
const mediumBudgetTokens = 16_384

/** `max` is more than other dialects have a word for; a budget of tokens is told as the effort that fits it. */
function effortOf({ thinking, output_config: output }: MessagesBody): string | null {
  const effort = output?.effort ?? null
  if (effort !== null) return effort === 'max' ? 'xhigh' : effort
  if (thinking?.type !== 'enabled') return null
  const budget = thinking.budget_tokens ?? mediumBudgetTokens
  if (budget < lowBudgetTokens) return 'low'
  return budget < mediumBudgetTokens ? 'medium' : 'high'
}

function thinkingShown(thinking: MessagesBody['thinking']): ThinkingShown {
  if (thinking === null || thinking === undefined || thinking.type === 'disabled') return 'none'
  return thinking.display === 'omitted' ? 'omitted' : 'full'
}

function refuseWhatIsMissing({ container, mcp_servers: servers, inference_geo: place }: MessagesBody): void {
  if (container !== null && container !== undefined) {
    throw unsupported('container', 'container: Parley runs no code for the model. Leave it out.')
  }
  if (servers !== null && servers !== undefined && servers.length > 0) {
    throw unsupported('mcp_servers', 'mcp_servers: Parley calls no MCP server for the model. Offer its tools as tools.')
  }
  if (place !== null && place !== undefined) {
    throw unsupported('inference_geo', 'inference_geo: where a provider computes cannot be promised. Leave it out.')
  }
}

import type { NewId } from '@parley/chassis/values/ids.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { decodeMessages } from './decode-messages.ts'
import { decodeTools, saysMore } from './decode-tools.ts'
import type { CountBody, MessagesBody } from './schema.ts'

export interface MessagesRequest {
  readonly input: RequestInput
  readonly stream: boolean
  readonly thinking: ThinkingShown
}

/** What the caller wants to see of the model's reasoning. `omitted`: that there was some, without its text. */
export type ThinkingShown = 'none' | 'omitted' | 'full'

/**
 * `POST /v1/messages` as a request. What only this dialect knows goes into `options.native`: providers of this dialect
 * are told, and others refuse what they cannot honour.
 */
export function decodeMessagesRequest(
  body: MessagesBody,
  { newId, sessionId, passed = {} }: { newId: NewId; sessionId: string | null; passed?: PassedHeaders },
): MessagesRequest {
  const stream = body.stream === true
  const userId = body.metadata?.user_id
  return {
    stream,
    thinking: thinkingShown(body.thinking),
    input: {
      model: body.model,
      ...decodeConversation(body, newId),
      prompt: null,
      options: decodeOptions(body, passed),
      delivery: stream ? 'incremental' : 'whole',
      store: false,
      sessionId,
      previousResponseId: null,
      metadata: typeof userId === 'string' ? { user_id: userId } : {},
    },
  }
}

/** System text becomes the instructions; in the form it came in, it is among the native parameters. */
export function decodeConversation(
  { system, messages }: Pick<CountBody, 'system' | 'messages'>,
  newId: NewId,
): { instructions: string | null; items: Item[] } {
  const items = decodeMessages(messages, newId)
  if (system === null || system === undefined || system.length === 0) return { instructions: null, items }
  return { instructions: typeof system === 'string' ? system : system.map(({ text }) => text).join('\n\n'), items }
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

function decodeOptions(body: MessagesBody, passed: PassedHeaders): GenerationOptions {
  const { temperature, top_p: topP, max_tokens: maxOutputTokens, stop_sequences: stop } = body
  const format = body.output_config?.format ?? body.output_format
  const effort = effortOf(body)
  const native = decodeNative(body, passed)
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
    ...(native !== null && { native }),
  }
}

/** Headers of this dialect that its providers are to see; they travel as parameters of the same names. */
export type PassedHeaders = Readonly<Record<string, string>>

type Native = NonNullable<GenerationOptions['native']>

/**
 * What only this dialect knows, for providers that speak it, and for others to refuse: parameters, and in the form they
 * came in the system prompt and the tools where the common form says less of them. Null when there is nothing.
 */
export function decodeNative(body: CountBody, passed: PassedHeaders): Native | null {
  const others = Object.entries(body).filter(
    ([name, value]) => value !== null && value !== undefined && !understood.has(name),
  )
  const { system, tools, messages } = body
  const parameters = {
    ...Object.fromEntries(others),
    ...(Array.isArray(system) && (system.length > 1 || system.some(isRich)) && { system }),
    ...(saysMore(tools ?? []) && { tools }),
    ...passed,
  }
  // Without parameters too: only providers of this dialect let an answer be begun for the model.
  const isBegun = messages.at(-1)?.role === 'assistant'
  return isBegun || Object.keys(parameters).length > 0 ? { dialect: 'messages', parameters } : null
}

function isRich(block: object): boolean {
  return Object.entries(block).some(([name, value]) => value !== null && name !== 'type' && name !== 'text')
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

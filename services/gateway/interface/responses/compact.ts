import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { type Item, itemText } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import { collectOutcome } from '../collect-outcome.ts'
import { fromFailure } from '../errors.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { JsonObject, toSeconds } from '../schemas.ts'
import { encodeCompaction } from './compaction-item.ts'
import { decodeItems } from './decode-items.ts'
import { decodeContinuation } from './decode-request.ts'
import { encodeItem } from './encode-items.ts'
import { encodeUsage } from './encode-response.ts'
import type { ResponsesRoutesPorts } from './ports.ts'
import { resolveReferences } from './resolve-references.ts'
import { ResponsesBody } from './schema.ts'

const { model, input, instructions, previous_response_id, prompt_cache_key, prompt_cache_retention, service_tier } =
  ResponsesBody.properties

const CompactBody = Type.Object({
  model,
  input,
  instructions,
  previous_response_id,
  prompt_cache_key,
  prompt_cache_retention,
  service_tier,
})

const Compaction = Type.Object({
  id: Type.String(),
  object: Type.Literal('response.compaction'),
  created_at: Type.Integer(),
  output: Type.Array(JsonObject),
  usage: JsonObject,
})

const task = [
  'Summarise the conversation so far for whoever continues it in your place.',
  'Keep every fact, name, number, decision, constraint and open task that may still matter, and what each tool call found.',
  'Do not answer anything in it. Write the summary alone.',
].join(' ')

/** What the user said stays as it was; everything else becomes one compaction, written by the model that was asked for. */
export function compactRoute({ generate, responses, gatherContext, newId }: ResponsesRoutesPorts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/responses/compact',
    summary: 'Make one item of earlier turns, to go on with in their place',
    scope: 'inference',
    body: CompactBody,
    responses: { 200: { description: 'The items to go on with.', body: Compaction } },
    async handle({ context, body, idempotencyKey, onAccepted }) {
      const earlier = await gatherContext(context, decodeContinuation(body))
      const resolved = await resolveReferences(responses, context, body.input)
      const items = [...earlier, ...decodeItems(resolved, newId)]
      const key = idempotencyKey === null ? null : `compact:${idempotencyKey}`
      const wish = { input: summaryOf({ ...body, items }, newId), idempotencyKey: key, onAccepted }
      const { frames } = await generate(context, wish)
      const { output, start, end } = await collectOutcome(frames)
      if (end.failure !== null) throw fromFailure(end.failure)
      const summary = output.map(messageText).join('')
      if (summary === '') throw new AppError('OUTPUT_INVALID', 'The model wrote no summary of the conversation.')
      const compaction = encodeCompaction(newId('cmp'), summary)
      return json({
        id: newId('resp'),
        object: 'response.compaction',
        created_at: toSeconds(start.createdAt),
        output: [...items.filter(isOfUser).map(encodeItem), compaction],
        usage: encodeUsage(end.usage ?? nothingUsed),
      })
    },
  })
}

function summaryOf(
  { items, ...body }: { model?: string | null; instructions?: string | null; items: readonly Item[] },
  newId: NewId,
): RequestInput {
  return {
    model: body.model ?? '',
    instructions: body.instructions ?? null,
    prompt: null,
    items: [...items, ...decodeItems(task, newId)],
    options: {},
    delivery: 'whole',
    store: false,
    sessionId: null,
    previousResponseId: null,
    metadata: {},
  }
}

const nothingUsed = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  provenance: 'estimated',
} as const

function messageText(item: Item): string {
  return item.type === 'message' ? itemText(item) : ''
}

function isOfUser(item: Item): boolean {
  return item.type === 'message' && item.role === 'user'
}

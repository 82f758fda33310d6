import { estimateTextTokens } from '@parley/kernel/usage.ts'
import { Type } from 'typebox'
import { defineRoute, json, type Route } from '../route.ts'
import { decodeItems } from './decode-items.ts'
import { decodeContinuation } from './decode-request.ts'
import { decodeTools } from './decode-tools.ts'
import type { ResponsesRoutesPorts } from './ports.ts'
import { resolveReferences } from './resolve-references.ts'
import { ResponsesBody } from './schema.ts'

const { model, input, instructions, conversation, previous_response_id, tools, tool_choice, text, reasoning } =
  ResponsesBody.properties
const { parallel_tool_calls, truncation } = ResponsesBody.properties

const InputTokensBody = Type.Object({
  model,
  input,
  instructions,
  conversation,
  previous_response_id,
  tools,
  tool_choice,
  text,
  reasoning,
  parallel_tool_calls,
  truncation,
})

const TokenCount = Type.Object({ object: Type.Literal('response.input_tokens'), input_tokens: Type.Integer() })

export function inputTokensRoute({ models, responses, gatherContext, newId }: ResponsesRoutesPorts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/responses/input_tokens',
    summary: 'Count the tokens that a response would take as input',
    scope: 'inference',
    body: InputTokensBody,
    responses: { 200: { description: 'The count.', body: TokenCount } },
    async handle({ context, body }) {
      const earlier = await gatherContext(context, decodeContinuation(body))
      const resolved = await resolveReferences(responses, context, body.input)
      const { tokens } = await models.countTokens(context, {
        model: body.model ?? (await models.listModels(context, {})).defaultModel,
        instructions: body.instructions ?? null,
        items: [...earlier, ...decodeItems(resolved, newId)],
      })
      const { functions } = decodeTools(body.tools ?? [])
      const toolTokens = functions.length === 0 ? 0 : estimateTextTokens(JSON.stringify(functions))
      return json({ object: 'response.input_tokens', input_tokens: tokens + toolTokens })
    },
  })
}

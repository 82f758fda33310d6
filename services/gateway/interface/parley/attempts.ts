import type { Attempt } from '@parley/response/contract.ts'
import { Type } from 'typebox'
import type { ResponseClient } from '../../application/ports.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Nullable, toSeconds } from '../schemas.ts'

const AttemptObject = Type.Object({
  object: Type.Literal('parley.attempt'),
  attempt: Type.Integer(),
  state: Type.Union([Type.Literal('dispatching'), Type.Literal('ended'), Type.Literal('lost')]),
  /** Estimated: what the provider may have been paid for. */
  lost_usage: Nullable(Type.Object({ input_tokens: Type.Integer(), output_tokens: Type.Integer() })),
  lost_at: Nullable(Type.Integer()),
})

/** How often a provider was called for a response, and what became of each try. */
export function attemptRoutes({ responses }: { responses: Pick<ResponseClient, 'listAttempts'> }): Route[] {
  const list = defineRoute({
    method: 'GET',
    path: '/parley/responses/{response_id}/attempts',
    summary: 'List the tries at calling a provider for a response',
    scope: 'inference',
    params: Type.Object({ response_id: Id }),
    responses: {
      200: {
        description: 'Every attempt, in order.',
        body: Type.Object({ object: Type.Literal('list'), data: Type.Array(AttemptObject) }),
      },
    },
    async handle({ context, params }) {
      const { data } = await responses.listAttempts(context, { responseId: params.response_id })
      return json({ object: 'list', data: data.map(encodeAttempt) })
    },
  })
  return [list]
}

function encodeAttempt({ attempt, state, lostUsage, lostAt }: Attempt): object {
  return {
    object: 'parley.attempt',
    attempt,
    state,
    lost_usage: lostUsage && { input_tokens: lostUsage.inputTokens, output_tokens: lostUsage.outputTokens },
    lost_at: lostAt === null ? null : toSeconds(lostAt),
  }
}

import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Generate } from '../../application/generate.ts'
import { collectOutcome } from '../collect-outcome.ts'
import { outcomeError } from '../outcome-error.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { decodeEmbeddings } from './decode-request.ts'
import { encodeEmbeddings } from './encode-list.ts'
import { EmbeddingList, EmbeddingsBody } from './schema.ts'

export function embeddingRoutes({ generate, newId }: { generate: Generate; newId: NewId }): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/v1/embeddings',
    summary: 'Turn texts into vectors',
    scope: 'inference',
    body: EmbeddingsBody,
    responses: { 200: { description: 'The vectors, in the order of the input.', body: EmbeddingList } },
    async handle({ context, body, idempotencyKey, onAccepted }) {
      const key = idempotencyKey === null ? null : `embeddings:${idempotencyKey}`
      const input = decodeEmbeddings(body, newId)
      const { frames } = await generate(context, { input, idempotencyKey: key, onAccepted })
      const outcome = await collectOutcome(frames)
      const error = outcomeError(outcome.end)
      if (error !== null) throw error
      return json(encodeEmbeddings(outcome))
    },
  })
  return [create]
}

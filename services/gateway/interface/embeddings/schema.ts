import { type Static, Type } from 'typebox'
import { Maybe } from '../schemas.ts'

const inputsMax = 2_048
const Text = Type.String({ minLength: 1 })
const Token = Type.Integer({ minimum: 0 })

/** The body of `POST /v1/embeddings`. Parameters not named here pass through to the provider. */
export const EmbeddingsBody = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 256 }),
  input: Type.Union([
    Text,
    Type.Array(Text, { minItems: 1, maxItems: inputsMax }),
    Type.Array(Token, { minItems: 1, maxItems: 100_000 }),
    Type.Array(Type.Array(Token, { minItems: 1, maxItems: 100_000 }), { minItems: 1, maxItems: inputsMax }),
  ]),
  encoding_format: Maybe(Type.Union([Type.Literal('float'), Type.Literal('base64')])),
  dimensions: Maybe(Type.Integer({ minimum: 1, maximum: 65_536 })),
  user: Maybe(Type.String()),
})
export type EmbeddingsBody = Static<typeof EmbeddingsBody>

export const EmbeddingList = Type.Object({
  object: Type.Literal('list'),
  model: Type.String(),
  data: Type.Array(
    Type.Object({
      object: Type.Literal('embedding'),
      index: Type.Integer(),
      embedding: Type.Union([Type.Array(Type.Number()), Type.String()]),
    }),
  ),
  usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
})

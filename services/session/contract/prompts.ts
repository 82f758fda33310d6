import { call } from '@parley/chassis/contract/define-contract.ts'
import { type Static, Type } from 'typebox'
import { listOf, Page } from './page.ts'

/** Chosen by the application; unique within its tenant. */
const PromptId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$' })
const promptCharsMax = 100_000

/** One version of a prompt template: text with `{{name}}` placeholders. A version is never changed. */
export const Prompt = Type.Object({
  promptId: PromptId,
  /** `1`, `2`, … in the order in which they were made. */
  version: Type.String(),
  text: Type.String({ minLength: 1, maxLength: promptCharsMax }),
  /** The names of the placeholders. */
  variables: Type.Array(Type.String()),
  createdAt: Type.Integer(),
  /** Set once the version may not be used any more. */
  retiredAt: Type.Union([Type.Integer(), Type.Null()]),
})
export type Prompt = Static<typeof Prompt>

export const promptCalls = {
  /** Adds a version to a prompt, or makes the prompt with its first. */
  createPrompt: call({
    http: 'POST /prompts',
    in: Type.Object({ promptId: PromptId, text: Prompt.properties.text }),
    out: Prompt,
    effect: 'write',
  }),
  /** Without `version`: the newest one in use. */
  getPrompt: call({
    http: 'GET /prompts/:promptId',
    in: Type.Object({ promptId: Type.String(), version: Type.Optional(Type.String()) }),
    out: Prompt,
    errors: ['TEMPLATE_NOT_FOUND'],
    effect: 'read',
  }),
  /** The newest version of each. */
  listPrompts: call({ http: 'GET /prompts', in: Type.Object(Page), out: listOf(Prompt), effect: 'read' }),
  listPromptVersions: call({
    http: 'GET /prompts/:promptId/versions',
    in: Type.Object({ promptId: Type.String(), ...Page }),
    out: listOf(Prompt),
    errors: ['TEMPLATE_NOT_FOUND'],
    effect: 'read',
  }),
  /** The version can be read, but not be used from now on. */
  retirePrompt: call({
    http: 'POST /prompts/:promptId/versions/:version/retire',
    in: Type.Object({ promptId: Type.String(), version: Type.String() }),
    out: Prompt,
    errors: ['TEMPLATE_NOT_FOUND'],
    effect: 'write',
    idempotent: true,
  }),
  /** Fills a prompt in use; the text becomes the instructions of a turn. */
  renderPrompt: call({
    http: 'POST /prompts/:promptId/rendering',
    in: Type.Object({
      promptId: Type.String(),
      version: Type.Optional(Type.String()),
      variables: Type.Record(Type.String(), Type.String()),
    }),
    out: Type.Object({ instructions: Type.String() }),
    errors: ['TEMPLATE_NOT_FOUND', 'INVALID_REQUEST'],
    effect: 'read',
  }),
}

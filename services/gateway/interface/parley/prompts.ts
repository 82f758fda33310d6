import type { Prompt } from '@parley/session/contract.ts'
import { Type } from 'typebox'
import type { SessionClient } from '../../application/ports.ts'
import { encodeList, Limit, ListOf, Order, toOrderedPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, Nullable, toSeconds } from '../schemas.ts'

const PromptId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$' })
const Version = Type.String({ pattern: '^[1-9][0-9]{0,8}$' })

const PromptObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('parley.prompt'),
  version: Type.String(),
  text: Type.String(),
  variables: Type.Array(Type.String()),
  created_at: Type.Integer(),
  retired_at: Nullable(Type.Integer()),
})
const onePrompt = { 200: { description: 'The version of the prompt.', body: PromptObject } }
const somePrompts = { 200: { description: 'A page of versions.', body: ListOf(PromptObject) } }
const path = '/parley/prompts/{prompt_id}'
const Params = Type.Object({ prompt_id: Id })
const VersionParams = Type.Object({ prompt_id: Id, version: Version })

/** Prompt templates, for `prompt: {id, version, variables}` of a response. */
export function promptRoutes({ sessions }: { sessions: SessionClient }): Route[] {
  return [createRoute(sessions), ...readRoutes(sessions), ...versionRoutes(sessions)]
}

function createRoute(sessions: SessionClient): Route {
  return defineRoute({
    method: 'POST',
    path: '/parley/prompts',
    summary: 'Add a version to a prompt, or make the prompt with its first; a version is never changed',
    scope: 'sessions',
    body: Type.Object({ id: PromptId, text: Type.String({ minLength: 1, maxLength: 100_000 }) }),
    responses: onePrompt,
    async handle({ context, body: { id, text } }) {
      return json(encodePrompt(await sessions.createPrompt(context, { promptId: id, text })))
    },
  })
}

function readRoutes(sessions: SessionClient): Route[] {
  const list = defineRoute({
    method: 'GET',
    path: '/parley/prompts',
    summary: 'List the prompts, each with its newest version',
    scope: 'sessions',
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(Id) }),
    responses: somePrompts,
    async handle({ context, query }) {
      const page = await sessions.listPrompts(context, toOrderedPage(query, 'asc'))
      return json(encodeList(page, { idOf: ({ promptId }) => promptId, encode: encodePrompt }))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path,
    summary: 'Get the version of a prompt that is used when none is asked for',
    scope: 'sessions',
    params: Params,
    responses: onePrompt,
    async handle({ context, params }) {
      return json(encodePrompt(await sessions.getPrompt(context, { promptId: params.prompt_id })))
    },
  })
  return [list, get]
}

function versionRoutes(sessions: SessionClient): Route[] {
  const list = defineRoute({
    method: 'GET',
    path: `${path}/versions`,
    summary: 'List the versions of a prompt, newest first unless `order` is `asc`',
    scope: 'sessions',
    params: Params,
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(Version) }),
    responses: somePrompts,
    async handle({ context, params, query }) {
      const wanted = { promptId: params.prompt_id, ...toOrderedPage(query, 'desc') }
      const page = await sessions.listPromptVersions(context, wanted)
      return json(encodeList(page, { idOf: ({ version }) => version, encode: encodePrompt }))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path: `${path}/versions/{version}`,
    summary: 'Get a version of a prompt',
    scope: 'sessions',
    params: VersionParams,
    responses: onePrompt,
    async handle({ context, params: { prompt_id: promptId, version } }) {
      return json(encodePrompt(await sessions.getPrompt(context, { promptId, version })))
    },
  })
  const retire = defineRoute({
    method: 'POST',
    path: `${path}/versions/{version}/retire`,
    summary: 'Take a version of a prompt out of use for good',
    scope: 'sessions',
    params: VersionParams,
    responses: onePrompt,
    async handle({ context, params: { prompt_id: promptId, version } }) {
      return json(encodePrompt(await sessions.retirePrompt(context, { promptId, version })))
    },
  })
  return [list, get, retire]
}

function encodePrompt({ promptId, version, text, variables, createdAt, retiredAt }: Prompt): object {
  return {
    id: promptId,
    object: 'parley.prompt',
    version,
    text,
    variables,
    created_at: toSeconds(createdAt),
    retired_at: retiredAt === null ? null : toSeconds(retiredAt),
  }
}

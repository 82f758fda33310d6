import { Type } from 'typebox'
import { asyncApiRoute } from './docs/documents.ts'
import { buildOpenApi } from './openapi.ts'
import { defineRoute, json, type Route } from './route.ts'

const Welcome = Type.Object({ name: Type.String(), message: Type.String(), api: Type.String(), docs: Type.String() })

/** The open routes: a welcome, and the description of all the others. */
export function homeRoutes(others: readonly Route[]): Route[] {
  const welcome = defineRoute({
    method: 'GET',
    path: '/',
    summary: 'Say what this is',
    scope: null,
    responses: { 200: { description: 'A welcome.', body: Welcome } },
    async handle() {
      return json({
        name: 'Parley',
        message:
          "Point the OpenAI SDK's base URL at /v1 here, or the Anthropic SDK's at /, with a Parley key as its API key.",
        api: '/openapi.json',
        docs: '/docs',
      })
    },
  })
  const document = defineRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'Describe the API',
    scope: null,
    responses: { 200: { description: 'This document.', body: Type.Object({ openapi: Type.String() }) } },
    async handle() {
      return { kind: 'json', status: 200, body: text }
    },
  })
  const events = asyncApiRoute()
  const text: string = JSON.stringify(buildOpenApi([welcome, document, events, ...others]))
  return [welcome, document, events]
}

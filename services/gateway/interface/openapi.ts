import type { TSchema } from 'typebox'
import { ErrorEnvelope } from './errors.ts'
import type { Route, RouteResponse } from './route.ts'

type Properties = Readonly<Record<string, object>>

/** The public API as an OpenAPI 3.1 document, made from the route table alone. */
export function buildOpenApi(routes: readonly Route[]) {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '1.0.0',
      description: 'The OpenAI wire APIs at their own paths, and what Parley adds under /parley.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Error: ErrorEnvelope },
    },
  }
}

function describeRoute(route: Route): object {
  const { method, path, summary, scope, body, bodyOptional, query, params, responses } = route
  const parameters = [...describeParameters(params, 'path'), ...describeParameters(query, 'query')]
  return {
    operationId: operationId(method, path),
    summary,
    tags: [tagOf(path)],
    ...(scope === null ? { security: [] } : { 'x-parley-scope': scope }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== null && {
      requestBody: { required: !bodyOptional, content: { 'application/json': { schema: body } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [status, describeResponse(response)]),
      ),
      default: {
        description: 'What was wrong and how to mend it.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function describeParameters(schema: TSchema | null, place: 'path' | 'query'): object[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Properties; required?: readonly string[] }
  return Object.entries(properties).map(([name, property]) => {
    const list = 'type' in property && property.type === 'array'
    const pairs = 'type' in property && property.type === 'object'
    return {
      name: list ? `${name}[]` : name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: property,
      ...(list && { style: 'form', explode: true }),
      ...(pairs && { style: 'deepObject', explode: true }),
    }
  })
}

function describeResponse({ description, body, stream }: RouteResponse): object {
  return {
    description,
    content: {
      'application/json': { schema: body },
      ...(stream !== undefined && { 'text/event-stream': { schema: { type: 'string', description: stream } } }),
    },
  }
}

/** `GET /v1/models/{model}` → `getV1ModelsModel`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  return second === '' || second.startsWith('{') ? first || 'home' : second
}

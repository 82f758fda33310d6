import type { AnyCall, Contract } from './define-contract.ts'
import { isStream } from './define-contract.ts'
import { bindingOf, servicePrefix } from './http-binding.ts'

interface ObjectSchema {
  properties?: Record<string, unknown>
  required?: string[]
}

/** The OpenAPI 3.1 document of the calls that other services may make. */
export function openApiOf(contract: Contract): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, definition] of Object.entries(contract.calls)) {
    const { method, path } = bindingOf(definition)
    const key = servicePrefix(contract.name) + path.replaceAll(/:([A-Za-z]+)/g, '{$1}')
    paths[key] = { ...paths[key], [method.toLowerCase()]: operationOf(name, definition) }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Parley ${contract.name} service`, version: contract.version },
    paths,
    components: {
      securitySchemes: { internal: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: errorSchema },
    },
    security: [{ internal: [] }],
  }
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'param', 'retryAfterMs'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        param: { type: ['string', 'null'] },
        retryAfterMs: { type: ['number', 'null'] },
      },
    },
  },
}

function operationOf(name: string, definition: AnyCall): Record<string, unknown> {
  const { pathFields, hasBody } = bindingOf(definition)
  const { properties = {}, required = [] } = definition.in as ObjectSchema
  const inPath = pathFields.map((field) => parameter('path', field, properties[field], true))
  const rest = Object.entries(properties).filter(([field]) => !pathFields.includes(field))
  const inQuery = hasBody
    ? []
    : rest.map(([field, schema]) => parameter('query', field, schema, required.includes(field)))
  const body = {
    type: 'object',
    properties: Object.fromEntries(rest),
    required: required.filter((field) => !pathFields.includes(field)),
  }
  return {
    operationId: name,
    parameters: [...inPath, ...inQuery],
    ...(hasBody && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      200: isStream(definition)
        ? answer(
            'The frames, one JSON line each, then {"end":true} or {"error":…}.',
            'application/x-ndjson',
            definition.frames,
          )
        : answer('The answer.', 'application/json', definition.out),
      default: answer(`Failed: ${[...definition.errors].join(', ') || 'as any call can'}.`, 'application/json', {
        $ref: '#/components/schemas/Error',
      }),
    },
  }
}

function parameter(place: 'path' | 'query', name: string, schema: unknown, required: boolean) {
  return { in: place, name, required, schema }
}

function answer(description: string, type: string, schema: unknown) {
  return { description, content: { [type]: { schema } } }
}

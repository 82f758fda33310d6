import { AppError } from '@parley/chassis/values/errors.ts'
import type { FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Route } from '../route.ts'
import { describeProblem } from './describe-problem.ts'
import { readQuery } from './read-query.ts'

/** What a request sends, checked against the route's schemas. Throws INVALID_REQUEST that names the field. */
export type CheckRequest = (request: FastifyRequest) => { body: unknown; query: unknown; params: unknown }

/** Compiles a route's schemas once. */
export function compileChecks({ body, bodyOptional, query, params }: Route): CheckRequest {
  const bodyCheck = compile(body)
  const queryCheck = compile(query)
  const paramsCheck = compile(params)
  return (request) => ({
    body: bodyCheck === null ? null : checked(bodyCheck, bodyOf(request, bodyOptional)),
    query: queryCheck === null || query === null ? null : checked(queryCheck, readQuery(query, queryOf(request))),
    params: paramsCheck === null ? null : checked(paramsCheck, request.params),
  })
}

interface Check {
  readonly schema: TSchema
  readonly validator: Validator
}

function compile(schema: TSchema | null): Check | null {
  return schema === null ? null : { schema, validator: Compile(schema) }
}

function checked({ schema, validator }: Check, value: unknown): unknown {
  if (validator.Check(value)) return value
  const { param, message } = describeProblem(schema, value) ?? { param: '', message: 'The request does not fit.' }
  throw new AppError('INVALID_REQUEST', message, { param: param === '' ? null : param })
}

function bodyOf({ body }: FastifyRequest, optional: boolean): unknown {
  if (body !== undefined) return body
  if (optional) return {}
  throw new AppError(
    'INVALID_REQUEST',
    'The request has no body. Send a JSON object, with content-type application/json.',
  )
}

function queryOf({ query }: FastifyRequest): Record<string, unknown> {
  return typeof query === 'object' && query !== null ? { ...query } : {}
}

import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { AppError } from '../values/errors.ts'
import { contractViolated } from './failures.ts'

const validators = new WeakMap<object, Validator>()

/** A compiled check of `schema`, made once per schema. */
export function validatorOf(schema: TSchema): Validator {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Compile(schema)
    validators.set(schema, validator)
  }
  return validator
}

/** Where `value` first departs from `schema` and how, without the value itself; null when it fits. */
export function firstProblem(schema: TSchema, value: unknown): { path: string; message: string } | null {
  const validator = validatorOf(schema)
  if (validator.Check(value)) return null
  const problems = validator.Errors(value)
  const deepest = problems.reduce<(typeof problems)[number] | undefined>(
    (best, next) => (best === undefined || next.instancePath.length > best.instancePath.length ? next : best),
    undefined,
  )
  return { path: fieldPath(deepest?.instancePath ?? ''), message: deepest?.message ?? 'does not fit' }
}

export function checkInput(service: string, call: string, schema: TSchema, value: unknown): unknown {
  const problem = firstProblem(schema, value)
  if (problem === null) return value
  throw new AppError(
    'CONTRACT_VIOLATED',
    `${service}.${call} was called with a wrong ${problem.path}: ${problem.message}.`,
    {
      param: problem.path,
    },
  )
}

export function checkOutput(service: string, call: string, schema: TSchema, value: unknown): unknown {
  const problem = firstProblem(schema, value)
  if (problem === null) return value
  throw contractViolated(service, `the ${problem.path} of ${call}'s answer ${problem.message}`)
}

/** `/messages/0/content` → `messages[0].content`; the root is `body`. */
export function fieldPath(pointer: string): string {
  const names = pointer.split('/').slice(1)
  if (names.length === 0) return 'body'
  return names.reduce(
    (path, name) => (/^\d+$/.test(name) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`),
    '',
  )
}

import { AppError } from '@parley/chassis/values/errors.ts'

/** `what`: what was asked for, and how to ask otherwise. */
export function unsupported(param: string, what: string): AppError {
  return new AppError('UNSUPPORTED_PARAMETER', `The model's provider does not take ${what}.`, { param })
}

import { AppError } from '@parley/chassis/values/errors.ts'

const charsMax = 256

/** Ids that a client makes itself: every database must be able to keep them and every log to show them. */
export function isUsableId(id: string): boolean {
  return id.length > 0 && id.length <= charsMax && !/\p{Cc}/u.test(id)
}

/** Throws INVALID_REQUEST that names the field. */
export function requireUsableId(id: string, param: string): void {
  if (isUsableId(id)) return
  const message = `${param} must have 1 to ${charsMax} characters, none of them a control character.`
  throw new AppError('INVALID_REQUEST', message, { param })
}

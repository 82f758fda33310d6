import { AppError } from '@parley/chassis/values/errors.ts'

/** What the HTTP framework refuses by itself, in our words and codes. */
export function fromFrameworkError(error: unknown, bodyBytesMax: number): AppError {
  if (error instanceof AppError) return error
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new AppError('BODY_TOO_LARGE', `The body is larger than ${bodyBytesMax} bytes. Send less at once.`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new AppError(
        'CONTENT_TYPE_UNSUPPORTED',
        'Send the body as JSON, with the header content-type: application/json.',
      )
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new AppError('INVALID_REQUEST', 'The body is not as long as the header content-length says.')
    case 'FST_ERR_BAD_URL':
      return new AppError('INVALID_REQUEST', 'The path is not valid: a percent sign must start an encoded character.')
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError('INVALID_REQUEST', 'The request could not be read.', { cause: error })
  }
  return new AppError('INTERNAL', 'Something went wrong inside Parley. Quote the request id when you report it.', {
    cause: error,
  })
}

import { AppError } from '@parley/chassis/values/errors.ts'
import { type Static, Type } from 'typebox'

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A field that may be left out or be null, which means the same. */
export const Maybe = <T extends Type.TSchema>(schema: T) => Type.Optional(Nullable(schema))

const metadataPairsMax = 16
const metadataKeyCharsMax = 64

export const Metadata = Type.Record(Type.String(), Type.String({ maxLength: 512 }), { maxProperties: metadataPairsMax })
export type Metadata = Static<typeof Metadata>

/** Function and schema names, as every provider takes them. */
export const FunctionName = Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' })
export const JsonObject = Type.Record(Type.String(), Type.Unknown())
export type JsonObject = Static<typeof JsonObject>

/** An id in a path or as a cursor. One that no service could have made is as good as absent, but must not do harm. */
export const Id = Type.String({ pattern: '^[!-~]{1,128}$' })
/** Chosen by the application: anything that can be shown. */
export const UserId = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,128}$' })

/** Checks what the schema of metadata cannot say. Throws INVALID_REQUEST. */
export function checkMetadata(metadata: Metadata | null | undefined): Metadata {
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (key.length > metadataKeyCharsMax) {
      throw new AppError('INVALID_REQUEST', `A key of metadata has more than ${metadataKeyCharsMax} characters.`, {
        param: 'metadata',
      })
    }
    // Keys with line breaks slip through the schema's pattern.
    if (typeof value !== 'string') {
      throw new AppError('INVALID_REQUEST', 'The values of metadata must be strings.', { param: 'metadata' })
    }
  }
  return metadata ?? {}
}

export function unsupported(param: string, message: string): AppError {
  return new AppError('UNSUPPORTED_PARAMETER', message, { param })
}

export function invalid(param: string, message: string): AppError {
  return new AppError('INVALID_REQUEST', message, { param })
}

export function toSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1_000)
}

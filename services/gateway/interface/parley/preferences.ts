import type { Preferences } from '@parley/session/contract.ts'
import { type Static, Type } from 'typebox'
import { Maybe } from '../schemas.ts'

/** What a user or a session prefers for its turns. */
export const PreferencesObject = Type.Object({
  model: Maybe(Type.String({ minLength: 1, maxLength: 256 })),
  instructions: Maybe(Type.String()),
  temperature: Maybe(Type.Number({ minimum: 0, maximum: 2 })),
  max_output_tokens: Maybe(Type.Integer({ minimum: 1 })),
})
export type PreferencesObject = Static<typeof PreferencesObject>

export function decodePreferences(preferences: PreferencesObject): Preferences {
  const { model, instructions, temperature, max_output_tokens: maxOutputTokens } = preferences
  return {
    ...(typeof model === 'string' && { model }),
    ...(typeof instructions === 'string' && { instructions }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof maxOutputTokens === 'number' && { maxOutputTokens }),
  }
}

export function encodePreferences({ maxOutputTokens, ...rest }: Preferences): object {
  return { ...rest, ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }) }
}

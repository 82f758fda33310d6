import type { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import { isObject, type JsonObject, objectsOf } from './json-values.ts'
import { unsupported } from './unsupported.ts'

export interface TranslatedParameters {
  /** They came in this dialect and go as they came. */
  readonly isOwn: boolean
  readonly parameters: JsonObject
}

/**
 * Parameters without a common meaning, as this dialect says them. Those of others are translated where there is a word
 * for them, refused with UNSUPPORTED_PARAMETER where leaving them out would change the answer, and else left out.
 */
export function translateParameters(native: GenerationOptions['native']): TranslatedParameters {
  if (native === undefined) return { isOwn: false, parameters: {} }
  const { dialect, parameters } = native
  if (dialect === 'messages') {
    const { system: _, ...own } = parameters
    return { isOwn: true, parameters: own }
  }
  refuseForeign(parameters, dialect)
  const { top_k: topK, thinking, user, safety_identifier: identifier } = parameters
  const userId = identifier ?? user
  return {
    isOwn: false,
    parameters: {
      ...(typeof topK === 'number' && { top_k: topK }),
      ...(isObject(thinking) && { thinking }),
      ...(typeof userId === 'string' && { metadata: { user_id: userId } }),
    },
  }
}

/** By what they ask for. */
const wishes: Readonly<Record<string, string>> = {
  logit_bias: 'logit_bias; leave it out',
  seed: 'seed; leave it out',
  audio: 'audio; leave it out',
  web_search_options: 'web_search_options; leave it out',
}

function refuseForeign(parameters: JsonObject, dialect: 'chat' | 'responses'): void {
  for (const [name, what] of Object.entries(wishes)) if (parameters[name] !== undefined) throw unsupported(name, what)
  const { modalities } = parameters
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')) {
    throw unsupported('modalities', "modalities other than 'text'; leave it out")
  }
  const { tool_choice: choice } = parameters
  if (dialect === 'chat' && choice !== undefined) {
    throw unsupported('tool_choice', "tool_choice of this type; name a function, or send 'required'")
  }
  // Hosted tools of Responses are offers, which a model without them passes over.
  const refused = dialect === 'chat' ? (type: unknown) => type !== 'function' : (type: unknown) => type === 'custom'
  for (const [index, tool] of objectsOf(parameters['tools']).entries()) {
    if (refused(tool['type'])) throw refusedTool(index, tool['type'])
  }
}

function refusedTool(index: number, type: unknown): AppError {
  const place = `tools[${index}].type`
  return unsupported(place, `${place}: tools of type '${String(type)}'; send functions`)
}

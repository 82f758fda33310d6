import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import published from './openapi-of-openai.json' with { type: 'json' }

/** Names of schemas in OpenAI's own description of its API. */
export type PublishedName = keyof typeof published.schemas

/**
 * What is said of a value that does not fit; empty when it does. Of a streamed event, what its own schema says.
 *
 * The description is not held to where the API itself, and what clients were seen to accept, differ from it.
 */
export function publishedProblems(name: PublishedName, value: unknown): string[] {
  const validate = validatorOf(name === 'ResponseStreamEvent' ? schemaOfEvent(value) : name)
  if (validate(value)) return []
  return (validate.errors ?? [])
    .filter(({ instancePath, keyword, params }) => {
      return !deviations.some((deviation) => deviation(instancePath, keyword, params))
    })
    .map(({ instancePath, message = '', params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)}`)
}

type Deviation = (instancePath: string, keyword: string, params: Record<string, unknown>) => boolean

const nullableInPractice = /(?:^|\/)(?:safety_identifier|prompt_cache_key|usage|user)$/

const deviations: readonly Deviation[] = [
  // Described as text or an object without null, and answered with null by the API itself.
  (path, keyword) => keyword === 'type' && nullableInPractice.test(path),
  // Described as numbers alone, and answered in base64 to those who ask for that, as the SDKs do.
  (path, keyword) => keyword === 'type' && /^\/data\/\d+\/embedding$/.test(path),
  // The messages of a stored completion are described as the model's; the API lists all of them, as its own example shows.
  (path, keyword, { allowedValues }) =>
    keyword === 'enum' && /^\/data\/\d+\/role$/.test(path) && String(allowedValues) === 'assistant',
  // A response whose process died ends with a reason of Parley's own.
  (path) => /\/incomplete_details(?:\/reason)?$/.test(path),
]

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false, verbose: true })
ajv.addSchema({ $id: 'openai:', components: { schemas: published.schemas } })
const validators = new Map<PublishedName, ValidateFunction>()

function validatorOf(name: PublishedName): ValidateFunction {
  const known = validators.get(name)
  if (known !== undefined) return known
  const made = ajv.compile({ $ref: `openai:#/components/schemas/${name}` })
  validators.set(name, made)
  return made
}

interface EventSchema {
  readonly properties?: { readonly type?: { readonly enum?: readonly string[] } }
}

/** The schema of one event, by its type: of a union, a validator would name every alternative. */
function schemaOfEvent(value: unknown): PublishedName {
  const { type = '' } = value as { type?: string }
  const { schemas } = published
  const names = (schemas.ResponseStreamEvent.anyOf as readonly { $ref: string }[]).map(
    ({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1) as PublishedName,
  )
  const found = names.find((name) => (schemas[name] as EventSchema).properties?.type?.enum?.includes(type))
  if (found === undefined) throw new Error(`there is no event '${type}' in the description`)
  return found
}

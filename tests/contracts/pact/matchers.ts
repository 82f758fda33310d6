/**
 * Matchers in the JSON that Pact's native part reads: an object with `pact:matcher:type` stands for a value.
 */
export interface Matcher<T = unknown> {
  readonly 'pact:matcher:type': 'type' | 'regex'
  readonly 'pact:generator:type'?: 'ProviderState'
  readonly expression?: string
  readonly regex?: string
  readonly value: T
}

/** Ids that the provider makes: the name under which its state tells each, and the example that stands for it. */
export type Ids = Readonly<Record<string, string>>

/** Fields whose value, and not only its type, decides what a consumer does. */
const exactFields = new Set(['type', 'role', 'status', 'finish', 'code', 'end'])

/** An answer of which every value may be another one of its type, except those that consumers branch on. */
export function likeExample(example: unknown, field = ''): unknown {
  if (Array.isArray(example)) return example.map((entry) => likeExample(entry))
  if (isObject(example)) return mapFields(example, likeExample)
  return example === null || exactFields.has(field) ? example : like(example)
}

/** What a consumer sends, as it is: only the ids of the provider are put in when it is the provider's turn. */
export function withIds(sent: unknown, ids: Ids): unknown {
  if (Array.isArray(sent)) return sent.map((entry) => withIds(entry, ids))
  if (isObject(sent)) return mapFields(sent, (value) => withIds(value, ids))
  return typeof sent === 'string' ? textWithIds(sent, ids) : sent
}

/** Text in which any id may stand where the example has one. */
export function textWithIds(text: string, ids: Ids): string | Matcher<string> {
  let expression = text
  for (const [name, example] of Object.entries(ids)) expression = expression.replaceAll(example, `\${${name}}`)
  if (expression === text) return text
  return {
    'pact:matcher:type': 'regex',
    'pact:generator:type': 'ProviderState',
    regex: `^${expression
      .split(/\$\{\w+\}/)
      .map(escapePattern)
      .join('[^/]+')}$`,
    expression,
    value: text,
  }
}

export function matching(regex: string, value: string): Matcher<string> {
  return { 'pact:matcher:type': 'regex', regex, value }
}

export function like(value: unknown): Matcher {
  return { 'pact:matcher:type': 'type', value }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function mapFields(object: object, map: (value: unknown, field: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [field, map(value, field)]))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

const placeholderPattern = /\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,63})\s*\}\}/

/** Text and placeholders (`{{name}}`) in turn, starting and ending with text. */
export type TemplateParts = readonly string[]

export type FilledTemplate =
  | { readonly status: 'filled'; readonly text: string }
  /** A variable without a value, or a value without a placeholder, by its name. */
  | { readonly status: 'missing' | 'unknown'; readonly name: string }

export function splitTemplate(text: string): TemplateParts {
  return text.split(placeholderPattern)
}

/** The names of the placeholders, each once. They are the variables: there is no second list to keep in step. */
export function templateVariables(parts: TemplateParts): string[] {
  return [...new Set(parts.filter((_part, index) => index % 2 === 1))]
}

/** Fills every placeholder. Values are put in as they are: placeholders inside a value stay text. */
export function fillTemplate(parts: TemplateParts, variables: Readonly<Record<string, string>>): FilledTemplate {
  const names = templateVariables(parts)
  const unknown = Object.keys(variables).find((name) => !names.includes(name))
  if (unknown !== undefined) return { status: 'unknown', name: unknown }
  const missing = names.find((name) => !Object.hasOwn(variables, name))
  if (missing !== undefined) return { status: 'missing', name: missing }
  return {
    status: 'filled',
    text: parts.map((part, index) => (index % 2 === 0 ? part : (variables[part] ?? ''))).join(''),
  }
}

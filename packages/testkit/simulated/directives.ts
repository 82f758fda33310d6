/**
 * `/simulate name=value …` as the first line of the last user message steers the simulated model. The rest of the
 * message is the prompt. README.md explains every directive; a test compares the two.
 */
export const directiveTable = {
  // What is answered
  text_bytes: count(16 * 1024 * 1024),
  chunks: count(100_000),
  reasoning: count(10_000),
  redacted: flag(),
  refusal: flag(),
  call: word(),
  calls: count(64),
  finish: choice(['content_filter']),
  usage: choice(['missing', 'cumulative']),
  // When it is answered
  first_ms: count(10 * 60_000),
  interval_ms: count(10 * 60_000),
  // Failures instead of an answer
  fail_status: { read: readStatus, form: 'a status from 300 to 599' },
  fail_code: word(),
  retry_after: count(86_400),
  garble: choice(['json', 'html', 'truncate', 'sse', 'empty']),
  // Failures after so many deltas
  stall_after: count(100_000),
  pings_after: count(100_000),
  fail_after: count(100_000),
  end_after: count(100_000),
  disconnect_after: count(100_000),
  // How the bytes look
  done: choice(['missing', 'early']),
  newline: choice(['lf', 'crlf', 'cr']),
  bom: flag(),
  comments: flag(),
  split_bytes: count(1024 * 1024),
} satisfies Record<string, Directive<unknown>>

export type DirectiveName = keyof typeof directiveTable

export type Directives = {
  -readonly [Name in DirectiveName]?: (typeof directiveTable)[Name] extends Directive<infer Value> ? Value : never
}

interface Directive<Value> {
  /** Undefined when the text is not a value of this directive. */
  read(text: string): Value | undefined
  form: string
}

export type ParsedMessage =
  | { status: 'ok'; directives: Directives; prompt: string }
  | { status: 'wrong'; message: string }

const firstLinePattern = /^\/simulate(?:[ \t]+([^\n]*))?(?:\n|$)/

export function parseMessage(text: string): ParsedMessage {
  const match = firstLinePattern.exec(text)
  if (match === null) return { status: 'ok', directives: {}, prompt: text }
  const found: Record<string, unknown> = {}
  for (const pair of (match[1] ?? '').split(/[ \t\r]+/).filter((part) => part !== '')) {
    const [name = '', value = ''] = pair.split('=', 2)
    const directive = Object.hasOwn(directiveTable, name) ? directiveTable[name as DirectiveName] : undefined
    if (directive === undefined) return { status: 'wrong', message: `/simulate has no directive '${name}'` }
    const read = directive.read(value)
    if (read === undefined) return { status: 'wrong', message: `/simulate ${name} must be ${directive.form}` }
    found[name] = read
  }
  return { status: 'ok', directives: found, prompt: text.slice(match[0].length) }
}

function count(max: number): Directive<number> {
  return {
    read: (text) => (/^\d{1,12}$/.test(text) && Number(text) <= max ? Number(text) : undefined),
    form: `a whole number from 0 to ${max}`,
  }
}

function choice<const T extends string>(of: readonly T[]): Directive<T> {
  return { read: (text) => of.find((candidate) => candidate === text), form: `one of: ${of.join(', ')}` }
}

function flag(): Directive<true> {
  return { read: (text) => (text === '' || text === 'yes' ? true : undefined), form: `'yes'` }
}

function word(): Directive<string> {
  return { read: (text) => (/^[\w.-]{1,64}$/.test(text) ? text : undefined), form: 'one word' }
}

function readStatus(text: string): number | undefined {
  return /^[345]\d\d$/.test(text) ? Number(text) : undefined
}

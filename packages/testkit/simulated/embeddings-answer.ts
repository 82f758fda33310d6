import { planEmbeddings } from './embeddings.ts'

export interface EmbeddingsAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly text: string
}

/** `POST embeddings` as the simulated upstream answers it. */
export function answerEmbeddings(text: string): EmbeddingsAnswer {
  const body = parse(text)
  if (body === null) return failed(400, 'We could not parse the JSON body of your request.', null)
  const { model, input, dimensions, encoding_format: encoding = 'float' } = body
  if (typeof model !== 'string') return failed(400, 'you must provide a model parameter', null)
  if (!isInput(input)) return failed(400, "'$.input' is invalid.", null)
  const plan = planEmbeddings(input, typeof dimensions === 'number' ? dimensions : null)
  if (plan.kind === 'failure') {
    const { retryAfterSeconds } = plan
    const answer = failed(plan.status, plan.message, plan.code)
    return retryAfterSeconds === null ? answer : { ...answer, headers: { 'retry-after': String(retryAfterSeconds) } }
  }
  const data = plan.vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding === 'base64' ? toBase64(vector) : vector,
  }))
  const usage = { prompt_tokens: plan.inputTokens, total_tokens: plan.inputTokens }
  return { status: 200, text: JSON.stringify({ object: 'list', data, model, usage }) }
}

type Input = string | (string | number | number[])[]

function isInput(value: unknown): value is Input {
  return typeof value === 'string' || Array.isArray(value)
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

function failed(status: number, message: string, code: string | null): EmbeddingsAnswer {
  return { status, text: JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } }) }
}

function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

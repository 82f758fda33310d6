import type { NewId } from '@parley/chassis/values/ids.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { checkMetadata, invalid } from '../schemas.ts'
import { checkParameters } from './check-parameters.ts'
import { decodeItems } from './decode-items.ts'
import { decodeOptions } from './decode-options.ts'
import { decodePrompt } from './decode-prompt.ts'
import type { ResolvedInput } from './resolve-references.ts'
import type { ResponsesBody } from './schema.ts'

export interface ResponsesRequest {
  /** `model` is empty when none was asked for. */
  readonly input: RequestInput
  readonly stream: boolean
  readonly background: boolean
}

/**
 * `POST /v1/responses` as a request. What cannot be honoured and would change the answer is refused with
 * UNSUPPORTED_PARAMETER.
 */
export function decodeResponsesRequest(body: ResponsesBody, resolved: ResolvedInput, newId: NewId): ResponsesRequest {
  checkParameters(body)
  const stream = body.stream === true
  const background = body.background === true
  return {
    stream,
    background,
    input: {
      model: body.model ?? '',
      instructions: body.instructions ?? null,
      prompt: decodePrompt(body.prompt),
      items: decodeItems(resolved, newId),
      options: decodeOptions(body),
      // Someone may follow a response in the background later on.
      delivery: stream || background ? 'incremental' : 'whole',
      store: body.store ?? true,
      ...decodeContinuation(body),
      metadata: checkMetadata(body.metadata),
    },
  }
}

/** What the new input follows upon. Throws INVALID_REQUEST when that is two things, or nothing and there is no input. */
export function decodeContinuation(
  body: Pick<ResponsesBody, 'conversation' | 'previous_response_id' | 'prompt' | 'input'>,
): Pick<RequestInput, 'sessionId' | 'previousResponseId'> {
  const { conversation, previous_response_id: previousResponseId = null } = body
  const sessionId = typeof conversation === 'object' ? (conversation?.id ?? null) : (conversation ?? null)
  if (sessionId !== null && previousResponseId !== null) {
    throw invalid('previous_response_id', 'Send either conversation or previous_response_id, not both.')
  }
  const continues = sessionId !== null || previousResponseId !== null || (body.prompt ?? null) !== null
  const { input = null } = body
  if ((input === null || input.length === 0) && !continues) {
    throw invalid('input', 'input is required: send a text or a list of items.')
  }
  return { sessionId, previousResponseId }
}

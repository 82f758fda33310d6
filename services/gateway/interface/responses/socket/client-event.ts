import { AppError } from '@parley/chassis/values/errors.ts'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { describeProblem } from '../../http/describe-problem.ts'
import { parseBody } from '../../http/parse-body.ts'
import { unsupported } from '../../schemas.ts'
import { ResponsesBody } from '../schema.ts'

/** One wish for a response, as it came over a WebSocket. */
export interface SocketTurn {
  /** The caller's name for what belongs together; echoed in every event about it. */
  readonly lane: string | null
  /** False: only take the input in, to be continued by a later turn. */
  readonly generates: boolean
  readonly body: ResponsesBody
}

const laneCharsMax = 128
const check = Compile(ResponsesBody)

/** The lane of a message, as far as it can be read, so that a refusal of it can name it. */
export function laneOf(message: unknown): string | null {
  const { stream_id: lane } = (message ?? {}) as { stream_id?: unknown }
  return typeof lane === 'string' && lane.length <= laneCharsMax ? lane : null
}

/** The value of a message. Throws INVALID_JSON. */
export function parseMessage(bytes: Buffer): unknown {
  return parseBody(bytes)
}

/** `{type: 'response.create', …}` with the fields of the body of `POST /v1/responses`. Throws INVALID_REQUEST. */
export function decodeTurn(message: unknown): SocketTurn {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new AppError('INVALID_REQUEST', "A message must be an object: {type: 'response.create', …}.")
  }
  const { type, stream_id: lane, generate, stream: _, ...body } = message as Record<string, unknown>
  if (type !== 'response.create') {
    throw unsupported('type', "type can only be 'response.create' here; steering a response is not supported.")
  }
  if (lane !== undefined && laneOf(message) === null) {
    throw new AppError('INVALID_REQUEST', `stream_id must be a text of at most ${laneCharsMax} characters.`, {
      param: 'stream_id',
    })
  }
  if (generate !== undefined && typeof generate !== 'boolean') {
    throw new AppError('INVALID_REQUEST', 'generate must be true or false.', { param: 'generate' })
  }
  if (body['background'] === true) {
    throw unsupported(
      'background',
      'background: true is not supported here: POST the response and follow it by its id.',
    )
  }
  return { lane: laneOf(message), generates: generate !== false, body: checked(body) }
}

function checked(body: unknown): ResponsesBody {
  if (check.Check(body)) return body
  const { param, message } = describeProblem(ResponsesBody as TSchema, body) ?? {
    param: '',
    message: 'It does not fit.',
  }
  throw new AppError('INVALID_REQUEST', message, { param: param === '' ? null : param })
}

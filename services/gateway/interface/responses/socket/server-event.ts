import type { AppError } from '@parley/chassis/values/errors.ts'
import { errorBody } from '../../errors.ts'
import type { EventForm } from '../encode-events.ts'

/** The event of a refused turn: the envelope of every other error, with its status. */
export function errorEvent(error: AppError, { requestId, lane }: { requestId: string; lane: string | null }): string {
  const envelope = errorBody(error, requestId)
  return withLane(`{"type":"error","status":${error.status},${envelope.slice(1)}`, lane)
}

/** The connection is too old for another turn. */
export function connectionLimitEvent(lane: string | null): string {
  const error = {
    message: 'This connection has been open for the longest time allowed. Open another one to go on.',
    type: 'invalid_request_error',
    param: null,
    code: 'websocket_connection_limit_reached',
  }
  return withLane(JSON.stringify({ type: 'error', status: 400, error }), lane)
}

/** One message per event; the connection stays open after the last. */
export function messageForm(lane: string | null): EventForm {
  return { write: (_type, body) => withLane(body, lane), endMark: null }
}

function withLane(body: string, lane: string | null): string {
  return lane === null ? body : `${body.slice(0, -1)},"stream_id":${JSON.stringify(lane)}}`
}

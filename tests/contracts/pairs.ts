import { gatewayToGpt } from './interactions/gateway-gpt.ts'
import { gatewayToRequest } from './interactions/gateway-request.ts'
import { gatewayToResponse } from './interactions/gateway-response.ts'
import { gatewayToSession } from './interactions/gateway-session.ts'
import { requestToGpt } from './interactions/request-gpt.ts'
import { requestToResponse } from './interactions/request-response.ts'
import { requestToSession } from './interactions/request-session.ts'
import { responseToGpt } from './interactions/response-gpt.ts'
import { responseToRequest } from './interactions/response-request.ts'
import { responseToSession } from './interactions/response-session.ts'
import { sessionToRequest } from './interactions/session-request.ts'
import type { Pair } from './pact/define-pair.ts'

/** Every pair of services that talk. */
export const pairs: readonly Pair[] = [
  gatewayToSession,
  gatewayToRequest,
  gatewayToResponse,
  gatewayToGpt,
  requestToSession,
  requestToGpt,
  requestToResponse,
  responseToSession,
  responseToRequest,
  responseToGpt,
  sessionToRequest,
]

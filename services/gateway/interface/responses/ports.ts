import type { NewId } from '@parley/chassis/values/ids.ts'
import type { AwaitArrival } from '../../application/await-arrival.ts'
import type { FollowResponse } from '../../application/follow-response.ts'
import type { GatherContext } from '../../application/gather-context.ts'
import type { Generate } from '../../application/generate.ts'
import type { GptClient, RequestClient, ResponseClient } from '../../application/ports.ts'

/** What the routes of responses, and their WebSocket, are made of. */
export interface ResponsesRoutesPorts {
  generate: Generate
  followResponse: FollowResponse
  awaitArrival: AwaitArrival
  gatherContext: GatherContext
  requests: Pick<RequestClient, 'getInput'>
  responses: ResponseClient
  models: Pick<GptClient, 'countTokens' | 'listModels'>
  newId: NewId
}

import type { Topology } from '@parley/chassis/runtime/define-service.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { AwaitArrival } from '../application/await-arrival.ts'
import type { FollowResponse } from '../application/follow-response.ts'
import type { GatherContext } from '../application/gather-context.ts'
import type { Generate } from '../application/generate.ts'
import type { ManageKeys } from '../application/manage-keys.ts'
import type { GptClient, RequestClient, ResponseClient, SessionClient } from '../application/ports.ts'
import { chatRoutes } from './chat/routes.ts'
import { conversationRoutes } from './conversations/routes.ts'
import { embeddingRoutes } from './embeddings/routes.ts'
import { homeRoutes } from './home.ts'
import { messagesRoutes } from './messages/routes.ts'
import { modelRoutes } from './models/routes.ts'
import { attemptRoutes } from './parley/attempts.ts'
import { budgetRoutes } from './parley/budgets.ts'
import { keyRoutes } from './parley/keys.ts'
import { promptRoutes } from './parley/prompts.ts'
import { requestRoutes } from './parley/requests.ts'
import { sessionExportRoute } from './parley/session-export.ts'
import { sessionRoutes } from './parley/sessions.ts'
import { topologyRoutes } from './parley/topology.ts'
import { upkeepRoutes } from './parley/upkeep.ts'
import { userRoutes } from './parley/users.ts'
import { responsesRoutes } from './responses/routes.ts'
import type { Route } from './route.ts'

export interface RouteTablePorts {
  generate: Generate
  followResponse: FollowResponse
  awaitArrival: AwaitArrival
  gatherContext: GatherContext
  manageKeys: ManageKeys
  sessions: SessionClient
  requests: RequestClient
  responses: ResponseClient
  models: GptClient
  topology: Topology
  newId: NewId
}

/** Every public route there is. */
export function createRouteTable(ports: RouteTablePorts): readonly Route[] {
  const routes = [
    ...chatRoutes(ports),
    ...responsesRoutes(ports),
    ...conversationRoutes(ports),
    ...messagesRoutes(ports),
    ...embeddingRoutes(ports),
    ...modelRoutes(ports),
    ...keyRoutes(ports),
    ...budgetRoutes(ports),
    ...userRoutes(ports),
    ...sessionRoutes(ports),
    sessionExportRoute(ports),
    ...promptRoutes(ports),
    ...requestRoutes(ports),
    ...upkeepRoutes(ports),
    ...attemptRoutes(ports),
    ...topologyRoutes(ports),
  ]
  return [...homeRoutes(routes), ...routes]
}

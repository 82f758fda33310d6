import type { Route } from '../route.ts'
import { compactRoute } from './compact.ts'
import { createRoute } from './create.ts'
import { inputTokensRoute } from './input-tokens.ts'
import type { ResponsesRoutesPorts } from './ports.ts'
import { storedRoutes } from './stored.ts'

export function responsesRoutes(ports: ResponsesRoutesPorts): Route[] {
  return [createRoute(ports), inputTokensRoute(ports), compactRoute(ports), ...storedRoutes(ports)]
}

import type { Topology } from '@parley/chassis/runtime/define-service.ts'
import { Type } from 'typebox'
import { defineRoute, json, type Route } from '../route.ts'
import { Nullable } from '../schemas.ts'

const TopologyObject = Type.Object({
  object: Type.Literal('parley.topology'),
  services: Type.Array(
    Type.Object({
      service: Type.String(),
      placement: Type.String(),
      url: Nullable(Type.String()),
      instances: Type.Optional(Type.Array(Type.Object({ url: Type.String(), state: Type.String() }))),
    }),
  ),
})

export function topologyRoutes({ topology }: { topology: Topology }): Route[] {
  const get = defineRoute({
    method: 'GET',
    path: '/parley/topology',
    summary: 'Show where each service runs, as seen from the gateway',
    scope: 'operator',
    responses: { 200: { description: 'One row per service.', body: TopologyObject } },
    async handle() {
      return json({ object: 'parley.topology', services: topology.services })
    },
  })
  return [get]
}

import Fastify, { type FastifyInstance } from 'fastify'
import { addHealthRoutes, type HealthOptions } from '../telemetry/health-routes.ts'

const idMaxLength = 1_024
/** Longer than any client of ours keeps an idle connection, so that the client is the one to close it. */
const keepAliveTimeoutMs = 65_000
const headersTimeoutMs = 15_000
const internalBodyBytesMax = 64 * 1024 * 1024

/** The server that clients of the system talk to. What it serves comes from the gateway. */
export async function createPublicApp(
  health: HealthOptions,
  routes: (app: FastifyInstance) => void | Promise<void>,
  isStopping: () => boolean = () => false,
): Promise<FastifyInstance> {
  const app = createApp()
  // A client that is told so does not send its next request on a connection that is about to be closed.
  app.server.prependListener('request', (_request, response) => {
    if (isStopping()) response.shouldKeepAlive = false
  })
  addHealthRoutes(app, health)
  await routes(app)
  return app
}

/** The server that other processes of the system talk to. */
export function createInternalApp(health: HealthOptions): FastifyInstance {
  const app = createApp({ bodyLimit: internalBodyBytesMax })
  addHealthRoutes(app, health)
  return app
}

function createApp(options: { bodyLimit?: number } = {}): FastifyInstance {
  const app = Fastify({
    ...options,
    logger: false,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: idMaxLength },
    http: { noDelay: true, headersTimeout: headersTimeoutMs },
    // A path that cannot be decoded never reaches a route, yet is refused like everything else.
    frameworkErrors: (error, request, reply) => request.server.errorHandler(error, request, reply),
  })
  return app
}

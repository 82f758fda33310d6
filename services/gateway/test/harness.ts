import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { createPublicApp } from '@parley/chassis/runtime/listeners.ts'
import { newId, realClock } from '@parley/chassis/runtime/real-clock.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { Scope } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { FastifyInstance } from 'fastify'
import OpenAI, { type ClientOptions } from 'openai'
import pino from 'pino'
import { Registry } from 'prom-client'
import type { Authenticate } from '../application/authenticate.ts'
import { createAwaitArrival } from '../application/await-arrival.ts'
import { createFollowResponse } from '../application/follow-response.ts'
import { createGatherContext } from '../application/gather-context.ts'
import { createGenerate } from '../application/generate.ts'
import { createLimitRequests } from '../application/limit-requests.ts'
import type { ManageKeys } from '../application/manage-keys.ts'
import { type GatewayConfig, loadGatewayConfig } from '../config.ts'
import type { AuthenticatedKey } from '../domain/api-key.ts'
import { scopeDepartures } from '../infrastructure/scope-departures.ts'
import { serveDocs } from '../interface/docs/serve-docs.ts'
import { OpenExchanges } from '../interface/http/open-exchanges.ts'
import { refuseMalformed } from '../interface/http/refuse-malformed.ts'
import { RequestRecorder } from '../interface/http/request-recorder.ts'
import { serveRoutes } from '../interface/http/serve-routes.ts'
import { acceptSockets } from '../interface/responses/socket/accept-sockets.ts'
import { OpenSockets } from '../interface/responses/socket/open-sockets.ts'
import type { Route } from '../interface/route.ts'
import { createRouteTable } from '../interface/route-table.ts'
import { Fakes } from './fakes.ts'

export interface HarnessOptions {
  config?: Partial<GatewayConfig>
  manageKeys?: ManageKeys
  clock?: Clock
  /** Keys besides `key-a` and `key-b`, by their secret. */
  keys?: Record<string, AuthenticatedKey>
}

/** The gateway's public server over fakes, on a real port. */
export interface Harness extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly url: string
  readonly fakes: Fakes
  readonly routes: readonly Route[]
  readonly open: OpenExchanges
  readonly sockets: OpenSockets
  readonly logLines: Record<string, unknown>[]
  readonly metrics: Registry
  client(options?: Partial<ClientOptions>): OpenAI
  fetch(path: string, init?: RequestInit & { key?: string }): Promise<globalThis.Response>
  /** Sends a JSON body with POST. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<globalThis.Response>
}

export function key(
  tenant: string,
  fields: Partial<AuthenticatedKey> & { scopes?: readonly Scope[] } = {},
): AuthenticatedKey {
  const { scopes = ['inference', 'sessions', 'keys', 'operator'], ...rest } = fields
  return {
    principal: { tenant, keyId: `key_of_${tenant}`, scopes },
    requestsPerMinute: null,
    expiresAt: null,
    revokedAt: null,
    ...rest,
  }
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const fakes = new Fakes()
  const logLines: Record<string, unknown>[] = []
  const log = pino({}, { write: (line: string) => void logLines.push(JSON.parse(line)) })
  const metrics = new Registry()
  const open = new OpenExchanges()
  const clock = options.clock ?? realClock
  const keys: Record<string, AuthenticatedKey> = { 'key-a': key('tenant-a'), 'key-b': key('tenant-b'), ...options.keys }
  const authenticate: Authenticate = (secret) => {
    const found = keys[secret]
    if (found === undefined) throw new AppError('KEY_INVALID', 'The API key is not valid.')
    return found
  }
  const followResponse = createFollowResponse({ responses: fakes.response, sleep: async () => {} })
  const generate = createGenerate({
    requests: fakes.request,
    responses: fakes.response,
    followResponse,
    departures: scopeDepartures,
    newId,
  })
  const routes = createRouteTable({
    generate,
    followResponse,
    awaitArrival: createAwaitArrival({ responses: fakes.response, sleep: async () => {} }),
    gatherContext: createGatherContext({ sessions: fakes.session, responses: fakes.response }),
    manageKeys: options.manageKeys ?? noKeys,
    sessions: fakes.session,
    requests: fakes.request,
    responses: fakes.response,
    models: fakes.gpt,
    topology: { services: [{ service: 'gateway', placement: 'local', url: null }] },
    newId,
  })
  const config = { ...loadGatewayConfig(new EnvReader({})), ...options.config }
  const sockets = new OpenSockets(config)
  const app = await createPublicApp({ notReady: () => [], metrics }, (server) => {
    refuseMalformed(server.server, () => newId('req'))
    const door = {
      authenticate,
      limitRequests: createLimitRequests({ clock, requestsPerMinuteDefault: () => config.requestsPerMinute }),
      recorder: new RequestRecorder({ log, metrics, monotonicMs: () => clock.monotonicMs() }),
      tracer: null,
      config,
    }
    const ports = { generate, requests: fakes.request, responses: fakes.response, newId, clock }
    serveDocs(server)
    acceptSockets(server.server, { ...door, ports, sockets })
    serveRoutes(server, { ...door, routes, clock, newId, open })
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const send: Harness['fetch'] = (path, { key: secret = 'key-a', ...init } = {}) =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${secret}`, ...init.headers } })
  return {
    app,
    url,
    fakes,
    routes,
    open,
    sockets,
    logLines,
    metrics,
    client: (clientOptions = {}) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key-a', maxRetries: 0, logLevel: 'off', ...clientOptions }),
    fetch: send,
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await sockets.drain(AbortSignal.abort())
      await app.close()
    },
  }
}

const noKeys: ManageKeys = {
  createKey: async (_context, wish) => ({
    key: { ...wish, keyId: newId('key'), hint: 'parley-0123', createdAt: 1_700_000_000_000, revokedAt: null },
    secret: 'parley-0123456789',
  }),
  listKeys: async () => ({ data: [] }),
  revokeKey: () => Promise.reject(new AppError('KEY_NOT_FOUND', 'There is no key with this id.')),
}

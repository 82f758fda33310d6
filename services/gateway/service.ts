import { defineService, type ServiceKit } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import type { FastifyInstance } from 'fastify'
import { createAuthenticate } from './application/authenticate.ts'
import { createAwaitArrival } from './application/await-arrival.ts'
import { createEnsureFirstKey, defaultTenant } from './application/ensure-first-key.ts'
import { createFollowResponse } from './application/follow-response.ts'
import { createGatherContext } from './application/gather-context.ts'
import { createGenerate } from './application/generate.ts'
import { createGreet } from './application/greet.ts'
import { createLimitRequests } from './application/limit-requests.ts'
import { createManageKeys } from './application/manage-keys.ts'
import type { Sleep } from './application/ports.ts'
import { type GatewayConfig, gatewaySettings, loadGatewayConfig } from './config.ts'
import { GatewayContract } from './contract.ts'
import { CachedKeyDirectory } from './infrastructure/cached-key-directory.ts'
import { countKeyOutages } from './infrastructure/key-outages.ts'
import { newRandomSecret, sha256 } from './infrastructure/key-secrets.ts'
import { KyselyKeyStore } from './infrastructure/kysely-key-store.ts'
import { migrations } from './infrastructure/migrations/index.ts'
import { PublishedKeyEvents } from './infrastructure/published-key-events.ts'
import type { GatewaySchema } from './infrastructure/schema.ts'
import { scopeDepartures } from './infrastructure/scope-departures.ts'
import { createCalls } from './interface/calls.ts'
import { serveDocs } from './interface/docs/serve-docs.ts'
import { OpenExchanges } from './interface/http/open-exchanges.ts'
import { refuseMalformed } from './interface/http/refuse-malformed.ts'
import { RequestRecorder } from './interface/http/request-recorder.ts'
import { serveRoutes } from './interface/http/serve-routes.ts'
import { acceptSockets } from './interface/responses/socket/accept-sockets.ts'
import { OpenSockets } from './interface/responses/socket/open-sockets.ts'
import { createRouteTable } from './interface/route-table.ts'

const needs = {
  session: SessionContract,
  request: RequestContract,
  response: ResponseContract,
  gpt: GptContract,
}

type Kit = ServiceKit<GatewayConfig, GatewaySchema, typeof needs>

const startStepDeadlineMs = 10_000
const sleep: Sleep = (delayMs) => new Promise((resolve) => systemTimers.after(delayMs, resolve))

export const gateway = defineService<typeof GatewayContract, GatewayConfig, GatewaySchema, typeof needs>({
  contract: GatewayContract,
  needs,
  migrations,
  settings: gatewaySettings,
  loadConfig: loadGatewayConfig,
  create(kit) {
    const { config, backgroundContext } = kit
    const limits: Limits = { ...config }
    const keyPorts = createKeyPorts(kit)
    const manageKeys = createManageKeys({ ...keyPorts, budgets: { create: kit.clients.request.createBudget } })
    const ensureFirstKey = createEnsureFirstKey(keyPorts)
    const greet = createGreet({ models: kit.clients.gpt })
    const open = new OpenExchanges()
    const sockets = new OpenSockets(limits)
    let firstSecret: string | null = null
    let lastPreset = config.presetSecret
    const ensureKey = async (presetSecret: string | null) => {
      const scope = backgroundContext({ tenant: defaultTenant, deadlineMs: startStepDeadlineMs })
      try {
        return await ensureFirstKey(scope, presetSecret)
      } finally {
        scope.close()
      }
    }
    return {
      calls: createCalls(manageKeys),
      goesOnWithoutStore: config.keyOutageMs > 0,
      publicRoutes: (app) => serve(app, kit, { ...keyPorts, manageKeys, open, sockets, limits }),
      async welcome(url) {
        const scope = backgroundContext({ tenant: defaultTenant, deadlineMs: startStepDeadlineMs })
        const shown = firstSecret
        firstSecret = null
        try {
          return await greet(scope, { url, firstSecret: shown, isPreset: config.presetSecret !== null })
        } finally {
          scope.close()
        }
      },
      async start() {
        firstSecret = await ensureKey(config.presetSecret)
      },
      reconfigure({ requestsPerMinute, socketsMax, presetSecret }) {
        Object.assign(limits, { requestsPerMinute, socketsMax })
        if (presetSecret === lastPreset) return
        lastPreset = presetSecret
        ensureKey(presetSecret).catch((err) => kit.log.error({ err }, 'the changed preset key could not be stored'))
      },
      drain: async (signal) => void (await Promise.all([open.drain(signal), sockets.drain(signal)])),
    }
  },
})

function createKeyPorts({ store, events, clock, newId, config, metrics }: Kit) {
  const keys = new KyselyKeyStore(store)
  return {
    keys,
    directory: new CachedKeyDirectory({
      keys,
      clock,
      timers: systemTimers,
      outageMs: config.keyOutageMs,
      onOutage: countKeyOutages(metrics),
    }),
    events: new PublishedKeyEvents(events),
    newSecret: newRandomSecret,
    hashSecret: sha256,
    clock,
    newId,
  }
}

interface ServeParts extends ReturnType<typeof createKeyPorts> {
  manageKeys: ReturnType<typeof createManageKeys>
  open: OpenExchanges
  sockets: OpenSockets
  limits: Limits
}

/** What may change while the process runs. */
type Limits = Pick<GatewayConfig, 'requestsPerMinute' | 'socketsMax'>

function serve(app: FastifyInstance, kit: Kit, parts: ServeParts): void {
  const { manageKeys, open, sockets, limits, directory, hashSecret } = parts
  const { clients, clock, newId, config, log, metrics, tracer, topology } = kit
  const followResponse = createFollowResponse({ responses: clients.response, sleep })
  const generate = createGenerate({
    requests: clients.request,
    responses: clients.response,
    followResponse,
    departures: scopeDepartures,
    newId,
  })
  const door = {
    authenticate: createAuthenticate({ directory, hashSecret, clock }),
    limitRequests: createLimitRequests({ clock, requestsPerMinuteDefault: () => limits.requestsPerMinute }),
    recorder: new RequestRecorder({ log, metrics, monotonicMs: () => clock.monotonicMs() }),
    tracer,
    config,
  }
  refuseMalformed(app.server, () => newId('req'))
  serveDocs(app)
  acceptSockets(app.server, {
    ...door,
    ports: { generate, requests: clients.request, responses: clients.response, newId, clock },
    sockets,
  })
  serveRoutes(app, {
    ...door,
    routes: createRouteTable({
      generate,
      followResponse,
      awaitArrival: createAwaitArrival({ responses: clients.response, sleep }),
      gatherContext: createGatherContext({ sessions: clients.session, responses: clients.response }),
      manageKeys,
      sessions: clients.session,
      requests: clients.request,
      responses: clients.response,
      models: clients.gpt,
      topology,
      newId,
    }),
    clock,
    newId,
    open,
  })
}

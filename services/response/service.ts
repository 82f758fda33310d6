import { defineService } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { RequestContract } from '@parley/request/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { createAuditResponses } from './application/audit-responses.ts'
import { createFindOutputItems } from './application/find-output-items.ts'
import { createKeepCompletions } from './application/keep-completions.ts'
import { createPipeline } from './application/pipeline.ts'
import { createProcessResponse, type ProcessResponse } from './application/process-response.ts'
import { loadConfig, type ResponseConfig, responseSettings } from './config.ts'
import { ResponseContract } from './contract.ts'
import { AjvSchemaValidator } from './infrastructure/ajv-schema-validator.ts'
import { ContractRequestInputs } from './infrastructure/contract-request-inputs.ts'
import { ContractSessionTurns } from './infrastructure/contract-session-turns.ts'
import { GptModelClient } from './infrastructure/gpt-model-client.ts'
import { KyselyContentStore } from './infrastructure/kysely-content-store.ts'
import { KyselyFrameLog } from './infrastructure/kysely-frame-log.ts'
import { KyselyKeptCompletions } from './infrastructure/kysely-kept-completions.ts'
import { KyselyOutputItems } from './infrastructure/kysely-output-items.ts'
import { readQueueDepth } from './infrastructure/kysely-queue-depth.ts'
import { KyselyResponseAudit } from './infrastructure/kysely-response-audit.ts'
import { KyselyResponseStore } from './infrastructure/kysely-response-store.ts'
import { KyselyRunners } from './infrastructure/kysely-runners.ts'
import { loadSteps } from './infrastructure/load-steps.ts'
import { migrations } from './infrastructure/migrations/index.ts'
import { OutboxResponseEvents } from './infrastructure/outbox-response-events.ts'
import { RunMetrics } from './infrastructure/run-metrics.ts'
import { takeRunnerAddress } from './infrastructure/runner-address.ts'
import { createRunnerPlaces, takeRunnerPlace } from './infrastructure/runner-place.ts'
import type { ResponseSchema } from './infrastructure/schema.ts'
import { createCalls } from './interface/calls.ts'
import { createSubscriptions } from './interface/subscriptions.ts'

const needs = { session: SessionContract, request: RequestContract, gpt: GptContract }

export const response = defineService<typeof ResponseContract, ResponseConfig, ResponseSchema, typeof needs>({
  contract: ResponseContract,
  needs,
  reaches: ['siblings'],
  migrations,
  settings: responseSettings,
  fileSections: { postProcessing: { description: 'Post-processing steps, in order.', isLive: false } },
  loadConfig,
  async create({ config, store, events, clients, backgroundContext, siblings, clock, log, metrics }) {
    const { postProcessing, redactionPatterns, leaseMs, ...rest } = config
    const steps = await loadSteps(postProcessing, { schemas: new AjvSchemaValidator(), redactionPatterns })
    const giveUpAddress = siblings === null ? null : await takeRunnerAddress(store, siblings.url)
    const place = await takeRunnerPlace(store)
    const limits = { ...rest, lease: { owner: place.owner, leaseMs } }
    const observer = new RunMetrics({
      ...{ log, metrics, now: clock.now, runsMax: () => limits.runsMax },
      running: () => responses.running(),
      queue: readQueueDepth(store),
    })
    const responseStore = new KyselyResponseStore(store, () => observer.fenced('settlement'))
    const contents = new KyselyContentStore(store)
    const responses: ProcessResponse = createProcessResponse(
      {
        store: responseStore,
        log: new KyselyFrameLog(store, () => observer.fenced('frames')),
        contents,
        transactor: store,
        events: new OutboxResponseEvents(events),
        inputs: new ContractRequestInputs(clients.request),
        sessions: new ContractSessionTurns(clients.session),
        places: createRunnerPlaces(store),
        runners: siblings === null ? null : new KyselyRunners(store, siblings),
        models: new GptModelClient(clients.gpt, clock),
        pipeline: createPipeline(steps),
        openScope: backgroundContext,
        observer,
        clock,
        timers: systemTimers,
      },
      limits,
    )
    return {
      calls: createCalls(
        responses,
        createAuditResponses({ audit: new KyselyResponseAudit(store), store: responseStore }),
        createKeepCompletions({
          responses,
          completions: new KyselyKeptCompletions(store),
          contents,
          transactor: store,
        }),
        createFindOutputItems({ outputItems: new KyselyOutputItems(store), contents }),
      ),
      subscriptions: createSubscriptions(responses),
      start: responses.start,
      drain: responses.drain,
      reconfigure({ runsMax, attemptsMax, runTimeoutMs, contextTokensMax }) {
        Object.assign(limits, { runsMax, attemptsMax, runTimeoutMs, contextTokensMax })
      },
      async close() {
        await responses.close()
        await place.release()
        await giveUpAddress?.()
      },
    }
  },
})

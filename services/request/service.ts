import { defineService, type ServiceKit } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { createAcceptOnce } from './application/accept-once.ts'
import { createDriveStuck } from './application/drive-stuck.ts'
import { createForgetSettled } from './application/forget-settled.ts'
import { createHoldBudgets } from './application/hold-budgets.ts'
import { createInspectRequests } from './application/inspect-requests.ts'
import { createManageBudgets } from './application/manage-budgets.ts'
import { createReaper } from './application/reap-in-rounds.ts'
import { createReconcile } from './application/reconcile.ts'
import { createResolveInput } from './application/resolve-input.ts'
import { createSettleRequest } from './application/settle-request.ts'
import { createSubmitRequest } from './application/submit-request.ts'
import { createWatchOverRequests } from './application/watch-over-requests.ts'
import { loadConfig, type RequestConfig, requestSettings } from './config.ts'
import { RequestContract } from './contract.ts'
import { CachedBudgetBook } from './infrastructure/cached-budget-book.ts'
import { ContractInputCounter } from './infrastructure/contract-input-counter.ts'
import { ContractOutcomes } from './infrastructure/contract-outcomes.ts'
import { ContractStoredResponses } from './infrastructure/contract-stored-responses.ts'
import { GptModels } from './infrastructure/gpt-models.ts'
import { GptPromptTemplates } from './infrastructure/gpt-prompt-templates.ts'
import { readOpenHolds, watchHolds } from './infrastructure/hold-metrics.ts'
import { KyselyBudgetHolds } from './infrastructure/kysely-budget-holds.ts'
import { KyselyBudgetStore } from './infrastructure/kysely-budget-store.ts'
import { readBudgetTotals } from './infrastructure/kysely-budget-totals.ts'
import { KyselyLedger } from './infrastructure/kysely-ledger.ts'
import { KyselyRequestAudit } from './infrastructure/kysely-request-audit.ts'
import { KyselyRequestRetention } from './infrastructure/kysely-request-retention.ts'
import { KyselyRequestStore } from './infrastructure/kysely-request-store.ts'
import { KyselySagaStore } from './infrastructure/kysely-saga-store.ts'
import { KyselyUsageTotals } from './infrastructure/kysely-usage-totals.ts'
import { LayeredPromptTemplates } from './infrastructure/layered-prompt-templates.ts'
import { LedgerMetrics } from './infrastructure/ledger-metrics.ts'
import { LruRecentInputs } from './infrastructure/lru-recent-inputs.ts'
import { migrations } from './infrastructure/migrations/index.ts'
import { OutboxRequestEvents } from './infrastructure/outbox-request-events.ts'
import type { RequestSchema } from './infrastructure/schema.ts'
import { SessionPromptTemplates } from './infrastructure/session-prompt-templates.ts'
import { SessionTurns } from './infrastructure/session-turns.ts'
import { sha256 } from './infrastructure/sha256.ts'
import { watchUpkeep } from './infrastructure/upkeep-metrics.ts'
import { createCalls } from './interface/calls.ts'
import { createSubscriptions } from './interface/subscriptions.ts'

const needs = { session: SessionContract, gpt: GptContract, response: ResponseContract }

type Kit = ServiceKit<RequestConfig, RequestSchema, typeof needs>

const drivesMax = 3
const reapedPerRoundMax = 100
const reapDeadlineMs = 10_000

export const request = defineService<typeof RequestContract, RequestConfig, RequestSchema, typeof needs>({
  contract: RequestContract,
  needs,
  migrations,
  settings: requestSettings,
  loadConfig,
  create(kit) {
    const { config, store: transactor, log, metrics } = kit
    const adapters = createAdapters(kit)
    const { store, ledger, sagas, recentInputs, clock } = adapters
    const forgetSettled = createForgetSettled({
      retention: new KyselyRequestRetention(transactor),
      transactor,
      clock,
      timers: systemTimers,
      onFailure: (err) => log.warn({ err }, 'settled requests could not be tidied up'),
    })
    const budgets = createHoldBudgets(adapters)
    const classOf = tenantClassesOf(config)
    const observer = new LedgerMetrics({ metrics, classOf })
    const settleRequest = createSettleRequest({ ...adapters, budgets, observer, onSettled: forgetSettled.note })
    watchUpkeep({
      metrics,
      readTotals: readBudgetTotals(transactor),
      listStuck: (limit) => sagas.listStuck({ stuckAfterMs: config.stuckAfterMs, limit }),
      now: clock.now,
    })
    watchHolds({ metrics, read: readOpenHolds(transactor), classOf })
    const reaper = createReaper({
      driveStuck: createDriveStuck(
        { ...adapters, settleRequest, onBehalfOf: onBehalfOf(kit) },
        { stuckAfterMs: config.stuckAfterMs, drivesMax, roundMax: reapedPerRoundMax },
      ),
      timers: systemTimers,
      stuckAfterMs: config.stuckAfterMs,
      onFailure: (err) => log.warn({ err }, 'stuck requests could not be looked into'),
    })
    return {
      calls: createCalls({
        submitRequest: createSubmitRequest({ ...adapters, budgets }),
        inspect: createInspectRequests({ store, ledger, sagas, recentInputs }),
        budgets: createManageBudgets(adapters),
        watchOver: createWatchOverRequests({ ...adapters, stuckAfterMs: config.stuckAfterMs }),
        reconcile: createReconcile(adapters),
      }),
      subscriptions: createSubscriptions({ settleRequest, noteTurn: ledger.noteTurn }),
      async start() {
        await forgetSettled.start()
        reaper.start()
      },
      // Where gpt is in this process, it has the new models and prices by the end of this turn.
      reconfigure: () => adapters.models.forget(),
      async close() {
        await reaper.stop()
        await forgetSettled.stop()
      },
    }
  },
})

function createAdapters({ config, store: transactor, events, clients, backgroundContext, clock, newId }: Kit) {
  const store = new KyselyRequestStore(transactor)
  const models = new GptModels(clients.gpt, clock)
  return {
    transactor,
    clock,
    newId,
    models,
    store,
    ledger: new KyselyLedger(transactor),
    recentInputs: new LruRecentInputs({ charsMax: config.recentInputsCharsMax }),
    events: new OutboxRequestEvents(events),
    turns: new SessionTurns(clients.session, backgroundContext),
    resolveInput: createResolveInput({
      models,
      templates: new LayeredPromptTemplates({
        own: new SessionPromptTemplates(clients.session),
        shared: new GptPromptTemplates(clients.gpt),
      }),
      responses: new ContractStoredResponses(clients.response),
    }),
    acceptOnce: createAcceptOnce({ store, digest: sha256 }),
    book: new CachedBudgetBook(transactor, clock),
    holds: new KyselyBudgetHolds(transactor),
    counter: new ContractInputCounter(clients),
    budgets: new KyselyBudgetStore(transactor),
    sagas: new KyselySagaStore(transactor),
    totals: new KyselyUsageTotals(transactor),
    audit: new KyselyRequestAudit(transactor),
    outcomes: new ContractOutcomes(clients),
  }
}

function tenantClassesOf({ tenantClasses }: RequestConfig): ReadonlyMap<string, string> {
  return new Map(tenantClasses.map((entry) => entry.split(':', 2) as [string, string]))
}

function onBehalfOf({ backgroundContext }: Kit): Parameters<typeof createDriveStuck>[0]['onBehalfOf'] {
  return async (tenant, work) => {
    const scope = backgroundContext({ tenant, deadlineMs: reapDeadlineMs })
    try {
      return await work(scope)
    } finally {
      scope.close()
    }
  }
}

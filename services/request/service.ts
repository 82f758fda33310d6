import { defineService } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import { ResponseContract } from '@parley/response/contract.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { createAcceptOnce } from './application/accept-once.ts'
import { createForgetSettled } from './application/forget-settled.ts'
import { createInspectRequests } from './application/inspect-requests.ts'
import { createResolveInput } from './application/resolve-input.ts'
import { createSettleRequest } from './application/settle-request.ts'
import { createSubmitRequest } from './application/submit-request.ts'
import { loadConfig, type RequestConfig } from './config.ts'
import { RequestContract } from './contract.ts'
import { ContractStoredResponses } from './infrastructure/contract-stored-responses.ts'
import { GptModels } from './infrastructure/gpt-models.ts'
import { GptPromptTemplates } from './infrastructure/gpt-prompt-templates.ts'
import { KyselyLedger } from './infrastructure/kysely-ledger.ts'
import { KyselyRequestRetention } from './infrastructure/kysely-request-retention.ts'
import { KyselyRequestStore } from './infrastructure/kysely-request-store.ts'
import { LruRecentInputs } from './infrastructure/lru-recent-inputs.ts'
import { migrations } from './infrastructure/migrations/index.ts'
import { OutboxRequestEvents } from './infrastructure/outbox-request-events.ts'
import type { RequestSchema } from './infrastructure/schema.ts'
import { SessionTurns } from './infrastructure/session-turns.ts'
import { sha256 } from './infrastructure/sha256.ts'
import { createCalls } from './interface/calls.ts'
import { createSubscriptions } from './interface/subscriptions.ts'

const needs = { session: SessionContract, gpt: GptContract, response: ResponseContract }

export const request = defineService<typeof RequestContract, RequestConfig, RequestSchema, typeof needs>({
  contract: RequestContract,
  needs,
  migrations,
  loadConfig,
  create({ config, store: transactor, events, clients, backgroundContext, clock, newId, log }) {
    const store = new KyselyRequestStore(transactor)
    const ledger = new KyselyLedger(transactor)
    const recentInputs = new LruRecentInputs({ charsMax: config.recentInputsCharsMax })
    const forgetSettled = createForgetSettled({
      retention: new KyselyRequestRetention(transactor),
      transactor,
      clock,
      timers: systemTimers,
      onFailure: (err) => log.warn({ err }, 'settled requests could not be tidied up'),
    })
    const submitRequest = createSubmitRequest({
      store,
      transactor,
      events: new OutboxRequestEvents(events),
      turns: new SessionTurns(clients.session, backgroundContext),
      recentInputs,
      resolveInput: createResolveInput({
        models: new GptModels(clients.gpt, clock),
        templates: new GptPromptTemplates(clients.gpt),
        responses: new ContractStoredResponses(clients.response),
      }),
      acceptOnce: createAcceptOnce({ store, digest: sha256 }),
      clock,
      newId,
    })
    return {
      calls: createCalls({ submitRequest, inspect: createInspectRequests({ store, ledger, recentInputs }) }),
      subscriptions: createSubscriptions({
        settleRequest: createSettleRequest({ ledger, recentInputs, onSettled: forgetSettled.note }),
      }),
      start: forgetSettled.start,
      close: forgetSettled.stop,
    }
  },
})

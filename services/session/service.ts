import { defineService } from '@parley/chassis/runtime/define-service.ts'
import { systemTimers } from '@parley/chassis/runtime/system-timers.ts'
import { createChangeSession } from './application/change-session.ts'
import { createSweepSessions, type OnBehalfOf } from './application/sweep-sessions.ts'
import { loadConfig, type SessionConfig, sessionSettings } from './config.ts'
import { SessionContract } from './contract.ts'
import { KyselyItemStore } from './infrastructure/kysely-item-store.ts'
import { KyselyPromptStore } from './infrastructure/kysely-prompt-store.ts'
import { KyselySessionStore } from './infrastructure/kysely-session-store.ts'
import { KyselyTurnAudit } from './infrastructure/kysely-turn-audit.ts'
import { KyselyTurnStore } from './infrastructure/kysely-turn-store.ts'
import { KyselyUserStore } from './infrastructure/kysely-user-store.ts'
import { migrations } from './infrastructure/migrations/index.ts'
import { OutboxSessionEvents } from './infrastructure/outbox-session-events.ts'
import type { SessionSchema } from './infrastructure/schema.ts'
import { SweepTimer } from './infrastructure/sweep-timer.ts'
import { createCalls } from './interface/calls.ts'

const sweepBatchMax = 100
const sweepStepDeadlineMs = 5_000

export const session = defineService<typeof SessionContract, SessionConfig, SessionSchema, Record<string, never>>({
  contract: SessionContract,
  needs: {},
  migrations,
  settings: sessionSettings,
  loadConfig,
  create({ config, store, events: publisher, backgroundContext, newId, log }) {
    const sessions = new KyselySessionStore(store)
    const items = new KyselyItemStore(store)
    const turns = new KyselyTurnStore(store)
    const users = new KyselyUserStore(store)
    const prompts = new KyselyPromptStore(store)
    const events = new OutboxSessionEvents(publisher)
    const changeSession = createChangeSession({ store, sessions, events })
    const onBehalfOf: OnBehalfOf = async (tenant, work) => {
      const scope = backgroundContext({ tenant, deadlineMs: sweepStepDeadlineMs })
      try {
        return await work(scope)
      } finally {
        scope.close()
      }
    }
    const sweep = createSweepSessions({ sessions, changeSession, onBehalfOf }, { ...config, batchMax: sweepBatchMax })
    const sweepTimer = new SweepTimer({ sweep, intervalMs: config.sweepIntervalMs, timers: systemTimers, log })
    return {
      calls: createCalls(
        {
          store,
          changeSession,
          sessions,
          items,
          turns,
          turnAudit: new KyselyTurnAudit(store),
          users,
          prompts,
          events,
          newId,
        },
        config,
      ),
      start: async () => sweepTimer.start(),
      drain: () => sweepTimer.stop(),
      close: () => sweepTimer.stop(),
    }
  },
})

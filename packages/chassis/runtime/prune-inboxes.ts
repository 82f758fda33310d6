import type { Logger } from 'pino'
import type { HostedService } from './host-service.ts'

/** Longer than any transport may repeat itself. The last event of each key is kept for good all the same. */
export const inboxRetentionMs = 14 * 24 * 60 * 60_000
const pruneEveryMs = 60 * 60_000

/** Forgets old events of the inboxes now and then; resolves to the function that stops it. */
export function pruneInboxes(hosted: readonly HostedService[], log: Logger): () => void {
  const timer = setInterval(() => {
    for (const { contract, inbox } of hosted) {
      inbox
        ?.prune({ olderThanMs: inboxRetentionMs })
        .catch((err: unknown) => log.warn({ err, service: contract.name }, 'inbox could not be pruned'))
    }
  }, pruneEveryMs).unref()
  return () => clearInterval(timer)
}

import type { Logger } from 'pino'
import type { AnyEvent } from '../contract/define-contract.ts'
import { strictCopy } from '../contract/strict-copy.ts'
import { firstProblem } from '../contract/validation.ts'
import { runWithDeadline } from '../store/deadline-scope.ts'
import type { CallContext } from '../values/context.ts'
import { AppError } from '../values/errors.ts'
import type { Transaction } from '../values/transaction.ts'
import type { Envelope } from './envelope.ts'
import { eventFields } from './event-fields.ts'
import { type ServiceStore, withEventTables } from './event-tables.ts'
import { createInboxPruning, type PruneInbox } from './inbox-pruning.ts'
import { prepareInboxRecord, RepeatedEventError } from './inbox-record.ts'
import type { Subscription } from './subscription.ts'
import type { DeliveryResult, Receive } from './transport.ts'

/** The context of one event's handling; `close` is called when it is over. */
export interface EventScope extends CallContext {
  failed?(error: unknown): void
  close?(): void
}

export interface InboxOptions {
  readonly store: ServiceStore
  /** The subscribing service. */
  readonly consumer: string
  /** Definitions of the events that may arrive. */
  readonly events: readonly AnyEvent[]
  readonly subscriptions: readonly Subscription[]
  readonly contextFor: (envelope: Envelope) => EventScope
  readonly log: Pick<Logger, 'error' | 'warn'>
  /** Gives handlers a frozen copy, as in tests. */
  readonly strict?: boolean
  /** Told what became of each event. */
  readonly onHandled?: (envelope: Envelope, result: DeliveryResult) => void
}

/** Takes the events of other services, each once in effect. */
export interface Inbox {
  /**
   * Resolves to one result per event, in their order; never rejects. A repeated event, and one whose number is not above
   * all that were seen of its key, is `done` without effect. Events of one key are handled in the order given, and not
   * past one that was not `done`; those of different keys share commits.
   */
  readonly receive: Receive
  readonly prune: PruneInbox
}

interface Handler {
  readonly subscription: Subscription
  readonly definition: AnyEvent
}

const done: DeliveryResult = { status: 'done' }

export function createInbox(options: InboxOptions): Inbox {
  const { consumer, log } = options
  const store = withEventTables(options.store)
  const handlers = new Map(options.subscriptions.map((one) => [one.type, toHandler(one, options.events)]))
  const record = prepareInboxRecord(store, consumer)

  async function handle(envelope: Envelope): Promise<DeliveryResult> {
    const handler = handlers.get(envelope.type)
    if (handler === undefined) return notDone('rejected', `${consumer} does not handle ${envelope.type}`)
    const problem = firstProblem(handler.definition.data, envelope.data)
    if (problem !== null) return notDone('rejected', `its ${problem.path} ${problem.message}`)
    const scope = options.contextFor(envelope)
    try {
      await runWithDeadline(scope.deadline, () => store.transaction((tx) => take(tx, scope, handler, envelope), scope))
      return done
    } catch (err) {
      return onError(err, envelope, scope)
    } finally {
      scope.close?.()
    }
  }

  async function handleOne(envelope: Envelope): Promise<DeliveryResult> {
    const result = await handle(envelope)
    options.onHandled?.(envelope, result)
    return result
  }

  async function take(tx: Transaction, context: CallContext, handler: Handler, envelope: Envelope): Promise<void> {
    await record(tx, envelope)
    const data = options.strict === true ? strictCopy(envelope.data) : envelope.data
    await handler.subscription.handle(tx, context, data as never)
  }

  /** All in one unit, or none: false when something was wrong with any of them. */
  async function handleTogether(envelopes: readonly Envelope[]): Promise<boolean> {
    const scopes = envelopes.map((envelope) => options.contextFor(envelope))
    const work = async (tx: Transaction) => {
      for (const [index, envelope] of envelopes.entries()) {
        const [handler, scope] = [handlers.get(envelope.type), scopes[index]]
        if (handler === undefined || scope === undefined)
          throw new Error(`${consumer} does not handle ${envelope.type}`)
        if (firstProblem(handler.definition.data, envelope.data) !== null) throw new Error('an event does not fit')
        await take(tx, scope, handler, envelope)
      }
    }
    try {
      const [first] = scopes
      if (first !== undefined) await runWithDeadline(first.deadline, () => store.transaction(work, first))
      return true
    } catch (error) {
      // Whichever it was, and whether it matters, shows when each is handled by itself.
      for (const scope of scopes) scope.failed?.(error)
      return false
    } finally {
      for (const scope of scopes) scope.close?.()
    }
  }

  function onError(err: unknown, envelope: Envelope, scope: EventScope): DeliveryResult {
    if (err instanceof RepeatedEventError) return done
    scope.failed?.(err)
    // After a commit of unknown outcome the next delivery tells: it is a repetition, or the first.
    if (err instanceof AppError && (err.retryable || err.kind === 'unknown-outcome')) return notDone('retry', err.code)
    log.error({ err, ...eventFields(envelope) }, 'event could not be handled')
    return notDone('failed', err instanceof AppError ? err.code : String(err))
  }

  return {
    async receive(envelopes) {
      const [only] = envelopes
      if (only !== undefined && envelopes.length === 1) return [await handleOne(only)]
      // A server is asked once for all; the embedded store shares the commits of units anyway.
      if (store.dialect === 'postgres' && (await handleTogether(envelopes))) {
        for (const envelope of envelopes) options.onHandled?.(envelope, done)
        return envelopes.map(() => done)
      }
      return Promise.all(inOrderPerKey(envelopes, handleOne))
    },
    prune: createInboxPruning(store, consumer),
  }
}

function toHandler(subscription: Subscription, events: readonly AnyEvent[]): Handler {
  const definition = events.find(({ type }) => type === subscription.type)
  if (definition === undefined) throw new Error(`no contract publishes ${subscription.type}`)
  return { subscription, definition }
}

function inOrderPerKey(
  envelopes: readonly Envelope[],
  handle: (envelope: Envelope) => Promise<DeliveryResult>,
): Promise<DeliveryResult>[] {
  const lastOfKey = new Map<string, Promise<DeliveryResult>>()
  return envelopes.map((envelope) => {
    const key = `${envelope.source}/${envelope.subject}`
    const result = lastOfKey.get(key)?.then((previous) => {
      if (previous.status === 'done') return handle(envelope)
      return notDone('retry', 'an earlier event of its key was not handled')
    })
    const started = result ?? handle(envelope)
    lastOfKey.set(key, started)
    return started
  })
}

function notDone(status: 'retry' | 'failed' | 'rejected', reason: string): DeliveryResult {
  return { status, reason }
}

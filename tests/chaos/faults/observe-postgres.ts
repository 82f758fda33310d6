import { Client } from 'pg'
import type { CreateObserver, StatementObserver } from './statement-observer.ts'

/** What is handed to the driver for one statement; a `Query` of the driver's own has a callback too. */
interface Sent {
  readonly text?: string
  readonly values?: readonly unknown[]
  callback?: (...result: unknown[]) => void
}

/** Wraps the PostgreSQL driver of this process, so that an observer hears of every statement of every connection. */
export function observePostgres(createObserver: CreateObserver): void {
  const observers = new WeakMap<Client, StatementObserver>()
  const original = Client.prototype.query as (...rest: unknown[]) => unknown
  Object.defineProperty(Client.prototype, 'query', {
    configurable: true,
    writable: true,
    value(this: Client, ...rest: unknown[]) {
      const observer = observers.get(this) ?? createObserver()
      observers.set(this, observer)
      const [sent] = rest as [Sent | string | undefined]
      if (typeof sent !== 'object' || sent.text === undefined) return original.apply(this, rest)
      if (sent.text !== 'commit') observer.statement(sent.text, sent.values ?? [])
      else watchCommit(sent, observer)
      return original.apply(this, rest)
    },
  })
}

/** Whoever waits for the commit hears of it after the observer. */
function watchCommit(sent: Sent, observer: StatementObserver): void {
  observer.beforeCommit()
  const { callback } = sent
  if (callback === undefined) return
  sent.callback = (...result) => {
    const [error] = result
    if (error === null || error === undefined) observer.afterCommit()
    callback.apply(sent, result)
  }
}

import { type Checker, groupBy } from './checker.ts'

export const outboxIsEmpty: Checker = {
  invariant: 'I10',
  says: 'the outbox is empty, nothing is parked, and no event has had its effect twice',
  check: ({ stores }) => {
    const left = stores.outbox.map(({ service, type, subject, parkedReason }) =>
      parkedReason === null
        ? `${type} of ${subject} is still in the outbox of ${service}`
        : `${type} of ${subject} is parked in ${service}: ${parkedReason}`,
    )
    const twice = [
      ...groupBy(stores.inbox, ({ consumer, source, subject, seq }) => [consumer, source, subject, seq].join(' ')),
    ].flatMap(([key, rows]) => (rows.length === 1 ? [] : [`the event ${key} was taken ${rows.length} times`]))
    const taken = groupBy(stores.inbox, ({ consumer, subject }) => `${consumer} ${subject}`)
    const missed = stores.requests.flatMap(({ requestId, model }) => [
      ...(taken.has(`response ${requestId}`) ? [] : [`response never took the request ${model}`]),
      ...(taken.has(`request ${requestId}`) ? [] : [`request never took the end of ${model}`]),
    ])
    return [...left, ...twice, ...missed]
  },
}

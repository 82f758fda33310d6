import type { Evidence, ResponseRow } from '../evidence/evidence.ts'
import { type Checker, groupBy, indexBy, terminalStatuses } from './checker.ts'

export const acceptedEnds: Checker = {
  invariant: 'I1',
  says: 'every acknowledged request is terminal after the drain',
  check: ({ stores, clients }) => {
    const byModel = groupBy(stores.requests, ({ model }) => model)
    const responses = indexBy(stores.responses, ({ requestId }) => requestId)
    const lost = clients
      .filter(({ outcome, model }) => outcome === 'acknowledged' && !byModel.has(model))
      .map(({ model }) => `${model} was acknowledged, and there is no such request`)
    const named = clients.flatMap(({ model, responseIds }) =>
      responseIds
        .filter((id) => byModel.get(model)?.some(({ responseId }) => responseId === id) === false)
        .map((id) => `${model} was answered as ${id}, which is not its response`),
    )
    const unfinished = stores.requests.flatMap(({ requestId, model }) => {
      const response = responses.get(requestId)
      if (response === undefined) return [`${model} was accepted (${requestId}), and there is no response`]
      return terminalStatuses.has(response.status) ? [] : [`${model} is still ${response.status}`]
    })
    return [...lost, ...named, ...unfinished]
  },
}

export const oneEffect: Checker = {
  invariant: 'I2',
  says: 'each request has exactly one terminal event, transcript entry and ledger row',
  check: (evidence) => [
    ...oneRequestPerWish(evidence),
    ...oneLedgerRow(evidence),
    ...oneTurn(evidence),
    ...oneEnd(evidence),
  ],
}

function oneRequestPerWish({ stores, clients }: Evidence): string[] {
  const byModel = groupBy(stores.requests, ({ model }) => model)
  const wishes = new Set(clients.map(({ model }) => model))
  return [...byModel].flatMap(([model, rows]) => {
    if (!wishes.has(model)) return [`nobody asked for ${model}`]
    return rows.length === 1 ? [] : [`${model} was asked once and accepted ${rows.length} times`]
  })
}

function oneLedgerRow({ stores }: Evidence): string[] {
  const rows = groupBy(stores.ledger, ({ requestId }) => requestId)
  const requests = new Set(stores.requests.map(({ requestId }) => requestId))
  return [
    ...stores.requests.flatMap(({ requestId, model }) => {
      const count = rows.get(requestId)?.length ?? 0
      return count === 1 ? [] : [`${model} has ${count} rows in the ledger`]
    }),
    ...[...rows.keys()].filter((id) => !requests.has(id)).map((id) => `the ledger has ${id}, which was never accepted`),
  ]
}

function oneTurn({ stores }: Evidence): string[] {
  const turns = groupBy(stores.turns, ({ responseId }) => responseId)
  const ofSession = groupBy(stores.items, ({ sessionId }) => sessionId)
  return stores.responses.flatMap((response) => {
    const { sessionId, responseId, model, status, pendingTurn } = response
    if (sessionId === null) return []
    const problems: string[] = []
    if (pendingTurn) problems.push(`${model} still owes its session a turn`)
    const count = turns.get(responseId)?.length ?? 0
    if (count > 1) problems.push(`${model} has ${count} turns in its session`)
    const said = (ofSession.get(sessionId) ?? []).filter(({ item }) => isSaidBy(item, response)).length
    if (said > 1) problems.push(`the session has what ${model} said ${said} times`)
    if (status === 'completed' && (count !== 1 || said !== 1)) {
      problems.push(`${model} completed, and its session has ${count} turns and ${said} messages of it`)
    }
    return problems
  })
}

/** The message of the user that has the name of this wish as its first word after the directives. */
function isSaidBy(item: string, { model }: ResponseRow): boolean {
  return item.includes('"role":"user"') && item.includes(`\\n${model} `)
}

function oneEnd({ stores }: Evidence): string[] {
  return stores.responses.flatMap(({ responseId, model, status }) => {
    const frames = stores.frames.get(responseId)
    if (frames === undefined) return []
    const ends = frames.flatMap(({ step }) => (step.type === 'response-end' ? [step.status] : []))
    if (ends.length !== 1) return [`${model} has ${ends.length} ends among its frames`]
    if (frames.at(-1)?.step.type !== 'response-end') return [`${model} has frames after its end`]
    return ends[0] === status ? [] : [`${model} is ${status}, and its last frame says ${ends[0]}`]
  })
}

export const noTraceOfRefused: Checker = {
  invariant: 'I9',
  says: 'a refused request left no row',
  check: ({ stores, clients, providerCalls }) => {
    const accepted = new Set(stores.requests.map(({ model }) => model))
    const called = new Set(providerCalls.map(({ model }) => model))
    return clients
      .filter(({ outcome, model }) => outcome === 'refused' && (accepted.has(model) || called.has(model)))
      .map(({ model, errors }) => `${model} was refused (${errors.at(-1)}), and was accepted all the same`)
  },
}

export const sessionsAreFree: Checker = {
  invariant: 'I2',
  says: 'no session is held by a response that has ended',
  check: ({ stores }) => {
    const responses = indexBy(stores.responses, ({ responseId }) => responseId)
    return stores.sessions.flatMap(({ sessionId, activeResponseId }) => {
      if (activeResponseId === null) return []
      const response = responses.get(activeResponseId)
      // A reservation for a request that was never accepted lapses by itself.
      return response === undefined
        ? []
        : [`the session ${sessionId} is held by ${response.model}, which is ${response.status}`]
    })
  },
}

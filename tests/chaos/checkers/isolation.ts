import type { Checker } from './checker.ts'

export const tenantsAreApart: Checker = {
  invariant: 'I8',
  says: "no byte of one tenant's canary is in anything of another",
  check: ({ tenants, clients, stores, replays }) => {
    const problems: string[] = []
    const ownerOf = new Map(stores.responses.map(({ responseId, tenant }) => [responseId, tenant]))
    for (const { tenant, canary } of tenants) {
      const sees = (owner: string | undefined, text: string) => owner !== tenant && text.includes(canary)
      for (const client of clients) {
        if (sees(client.tenant, client.received))
          problems.push(`${client.model} of ${client.tenant} got text of ${tenant}`)
      }
      for (const { tenant: owner, item, sessionId } of stores.items) {
        if (sees(owner, item)) problems.push(`the session ${sessionId} of ${owner} has text of ${tenant}`)
      }
      for (const { tenant: owner, input, model } of stores.requests) {
        if (sees(owner, input)) problems.push(`the request ${model} of ${owner} has text of ${tenant}`)
      }
      for (const [responseId, frames] of stores.frames) {
        if (sees(ownerOf.get(responseId), JSON.stringify(frames))) problems.push(`${responseId} has text of ${tenant}`)
      }
      for (const [responseId, events] of replays) {
        if (sees(ownerOf.get(responseId), events.map(({ raw }) => raw).join())) {
          problems.push(`${responseId} is replayed with text of ${tenant}`)
        }
      }
    }
    return problems
  },
}

export const secretsStayInside: Checker = {
  invariant: 'I13',
  says: 'no secret and no prompt is in any log, metric or error',
  check: ({ outputs, secrets, clients }) => {
    const places = new Map(outputs)
    for (const { model, errors } of clients)
      if (errors.length > 0) places.set(`an error of ${model}`, errors.join('\n'))
    return [...places].flatMap(([place, text]) =>
      [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => `${place} has ${name}`),
    )
  },
}

import type { AddressInfo } from 'node:net'
import { contracts } from '@parley/catalog/contracts.ts'
import type { CallsOf, Contract } from '@parley/chassis/contract/define-contract.ts'
import { unavailable } from '@parley/chassis/contract/failures.ts'
import type { InternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { serveContract } from '@parley/chassis/contract/serve-contract.ts'
import { deliveryContract } from '@parley/chassis/events/delivery-contract.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import type { RequestContract } from '@parley/request/contract.ts'
import type { ResponseContract } from '@parley/response/contract.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import Fastify from 'fastify'

/** What a provider gets from the services that it needs itself; every other call finds them unavailable. */
export interface NeighbourCalls {
  readonly session?: Partial<CallsOf<typeof SessionContract>>
  readonly request?: Partial<CallsOf<typeof RequestContract>>
  readonly response?: Partial<CallsOf<typeof ResponseContract>>
  readonly gpt?: Partial<CallsOf<typeof GptContract>>
}

export interface Neighbours extends AsyncDisposable {
  readonly url: string
}

/** Stands in for every service around a provider: answers as it was told, and takes all events. */
export async function startNeighbours(auth: InternalAuth, calls: NeighbourCalls): Promise<Neighbours> {
  const app = Fastify({ forceCloseConnections: true })
  const served = { auth, newRequestId: () => newId('req'), onInternalError: () => {} }
  for (const contract of contracts) {
    const given = (calls as Record<string, object | undefined>)[contract.name] ?? {}
    serveContract(app, { ...served, contract, calls: { ...unavailableCalls(contract), ...given } })
    serveContract(app, {
      ...served,
      contract: deliveryContract(contract.name),
      calls: { deliver: async (_context, { events }) => ({ results: events.map(() => ({ status: 'done' })) }) },
      handshake: false,
    })
  }
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => app.close(),
  }
}

function unavailableCalls({ name, calls }: Contract): CallsOf<Contract> {
  const refuse = () => Promise.reject(unavailable(name))
  return Object.fromEntries(Object.keys(calls).map((call) => [call, refuse]))
}

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contracts } from '@parley/catalog/contracts.ts'
import type { ParleyConfigFile } from '@parley/chassis/config/config-file.ts'
import { singleInstance } from '@parley/chassis/contract/callee.ts'
import { createInternalAuth, type InternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { createRemoteClient } from '@parley/chassis/contract/remote-client.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'
import type { AnyService } from '@parley/chassis/runtime/define-service.ts'
import { startProcess } from '@parley/chassis/runtime/start-process.ts'
import { Pool } from 'undici'
import type { ClientOf } from '../pact/define-pair.ts'
import { type NeighbourCalls, startNeighbours } from './neighbours.ts'

/** Brings about what an interaction says is given; resolves to the ids that came of it. */
export type States = Readonly<Record<string, () => Promise<Record<string, string>>>>

/** A service that runs alone, as its consumers meet it. */
export interface Provider extends AsyncDisposable {
  readonly url: string
  readonly auth: InternalAuth
  readonly states: States
}

export interface ProviderOptions {
  readonly service: AnyService
  readonly neighbours?: NeighbourCalls
  readonly configFile?: ParleyConfigFile
  /** Made with the provider's own calls and events. */
  readonly states: (clientOf: ClientOf) => States
}

/** Starts the service in a process of its own kind: its own store, its neighbours reached over HTTP. */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const { service, neighbours = {}, configFile = {}, states } = options
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'parley-provider-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const secret = `${randomUUID()}${randomUUID()}`
  const auth = createInternalAuth(secret)
  const around = stack.use(await startNeighbours(auth, neighbours))
  const others = contracts.filter(({ name }) => name !== service.contract.name)
  const env = {
    SERVICES: service.contract.name,
    INTERNAL_PORT: '0',
    PARLEY_DATA: folder,
    PARLEY_INTERNAL_SECRET: secret,
    LOG_LEVEL: 'silent',
    ...Object.fromEntries(others.map(({ name }) => [urlVariable(name), around.url])),
  }
  const running = stack.use(await startProcess({ services: [service], contracts, env, configFile }))
  const url = running.internalUrl ?? ''
  const pool = stack.adopt(new Pool(url), (opened) => opened.destroy())
  const clientOf: ClientOf = (contract) =>
    createRemoteClient({ contract, caller: 'state', callee: singleInstance(pool), auth })
  const resources = stack.move()
  return { url, auth, states: states(clientOf), [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

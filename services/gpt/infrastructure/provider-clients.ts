import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { ModelClient } from '../application/ports.ts'
import type { GptConfig, RemoteConfig } from '../config.ts'
import { openModelClient, type RemoteModelClient } from './open-model-client.ts'
import { SimulatedModelClient } from './simulated-model-client.ts'

type ClientsConfig = Pick<GptConfig, 'providers' | 'timeouts' | 'connectionsMax'>

interface Opened {
  readonly client: RemoteModelClient
  /** Everything that the client was made of. */
  readonly identity: string
}

/** A call that was routed to a client before it was replaced has long begun by then. */
const retireAfterMs = 60_000

/**
 * The clients of the configured providers. When the configuration changes, a provider that stays as it is keeps its
 * client and its connections; the others get new ones, and calls under way end over the old.
 */
export class ProviderClients implements AsyncDisposable {
  readonly #newId: NewId
  readonly #timers: Timers
  readonly #opened = new Map<string, Opened>()
  readonly #retired = new Set<RemoteModelClient>()

  constructor({ newId, timers }: { newId: NewId; timers: Timers }) {
    this.#newId = newId
    this.#timers = timers
  }

  /** By the provider's name. */
  open(config: ClientsConfig): ReadonlyMap<string, ModelClient> {
    const { providers, timeouts } = config
    for (const [name, { client }] of this.#opened) {
      if (providers.some((provider) => provider.name === name && provider.kind !== 'simulated')) continue
      this.#opened.delete(name)
      this.#retire(client)
    }
    return new Map(
      providers.map((provider) => [
        provider.name,
        provider.kind === 'simulated'
          ? new SimulatedModelClient({ name: provider.name, timeouts, newId: this.#newId })
          : this.#remote(provider, config),
      ]),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#opened.values()].map(({ client }) => client)
    await Promise.all([...opened, ...this.#retired].map((client) => client.close()))
  }

  #remote(provider: RemoteConfig, { timeouts, connectionsMax }: ClientsConfig): RemoteModelClient {
    const { name, apiKey, models: _models, ...rest } = provider
    const identity = JSON.stringify([{ ...rest, apiKey: apiKey?.reveal() }, timeouts, connectionsMax])
    const before = this.#opened.get(name)
    if (before?.identity === identity) return before.client
    const client = openModelClient({ ...provider, timeouts, connectionsMax, newId: this.#newId })
    this.#opened.set(name, { client, identity })
    if (before !== undefined) this.#retire(before.client)
    return client
  }

  #retire(client: RemoteModelClient): void {
    this.#retired.add(client)
    this.#timers.after(retireAfterMs, () => {
      void client.retire().then(() => this.#retired.delete(client))
    })
  }
}

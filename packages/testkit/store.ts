import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventMigrations } from '@parley/chassis/events/migrations.ts'
import type { Migration } from '@parley/chassis/store/migrations.ts'
import { type OpenStoreOptions, openStore } from '@parley/chassis/store/open-store.ts'
import type { Store } from '@parley/chassis/store/store.ts'

/** A store of its own, in a temporary folder that goes when the store is disposed of. */
export type TestStore<Schema> = Store<Schema> & { readonly folder: string }

/** `migrations` are the service's own; the outbox and inbox come with every store, as they do at run time. */
export async function createTestStore<Schema>(
  service: string,
  migrations: readonly Migration[],
  options: Partial<Pick<OpenStoreOptions, 'durability' | 'limits' | 'log'>> = {},
): Promise<TestStore<Schema>> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  const store = await openStore<Schema>({
    url: `sqlite:${folder}`,
    service,
    migrations: [...eventMigrations, ...migrations],
    durability: 'process',
    ...options,
  })
  const dispose = store[Symbol.asyncDispose].bind(store)
  return Object.assign(store, {
    folder,
    async [Symbol.asyncDispose]() {
      await dispose()
      await rm(folder, { recursive: true, force: true })
    },
  })
}

import type { Logger } from 'pino'
import { eventMigrations } from '../events/migrations.ts'
import { openStore } from '../store/open-store.ts'
import type { Durability, OnCommit, Store } from '../store/store.ts'
import type { Tracer } from '../telemetry/tracing/tracer.ts'
import type { AnyService } from './define-service.ts'

/** Opens a service's database, brought to the present schema. Null when the service is stateless. */
export async function openServiceStore(options: {
  service: AnyService
  url: string
  currentUrl?: () => string
  durability: Durability
  connectionsMax?: number
  log: Logger
  onCommit?: OnCommit
  /** Null when nothing is traced. */
  tracer?: Tracer | null
}): Promise<Store<unknown> | null> {
  const { service, url, currentUrl, durability, connectionsMax, log, onCommit, tracer = null } = options
  if (service.migrations === null) return null
  const migrations = [...eventMigrations, ...service.migrations]
  return openStore({
    url,
    service: service.contract.name,
    migrations,
    durability,
    log,
    ...(connectionsMax !== undefined && { connectionsMax }),
    ...(currentUrl !== undefined && { currentUrl }),
    ...(onCommit !== undefined && { onCommit }),
    ...(tracer !== null && { tracer }),
  })
}

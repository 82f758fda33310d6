import type { Kysely } from 'kysely'
import type { StoreDialect } from './store.ts'
import { StoreRefusedError } from './store-errors.ts'

/**
 * One step of a service's schema, the same list on every database. Write it with the schema builder and portable types
 * (`text`, `integer`, `bigint`); JSON is `text`. A migration never changes once it was released.
 */
export interface Migration {
  /** `0001-initial`: sorts in the order of application. */
  readonly name: string
  up(db: Kysely<unknown>, dialect: StoreDialect): Promise<void>
}

/** The database was written by a program that knows more migrations than this one. */
export class NewerSchemaError extends StoreRefusedError {
  readonly migration: string

  constructor(service: string, migration: string) {
    super(
      `the database of service ${service} was written by a newer Parley (migration ${migration}); ` +
        'start that version or restore a backup',
    )
    this.name = 'NewerSchemaError'
    this.migration = migration
  }
}

/** The next migration to apply, or null. Throws NewerSchemaError, and an error when the list itself is out of order. */
export function nextMigration(
  service: string,
  migrations: readonly Migration[],
  applied: readonly string[],
): Migration | null {
  const names = migrations.map((migration) => migration.name)
  names.forEach((name, index) => {
    const previous = names[index - 1]
    if (previous !== undefined && previous >= name) {
      throw new Error(`migrations of service ${service} are out of order: ${previous} stands before ${name}`)
    }
  })
  const unknown = applied.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new NewerSchemaError(service, unknown)
  return migrations.find((migration) => !applied.includes(migration.name)) ?? null
}

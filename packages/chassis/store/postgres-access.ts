import { type Client, escapeIdentifier } from 'pg'
import { clientConfig, connectAlone, type PostgresAccess } from './postgres-client.ts'
import { isDuplicateObject } from './postgres-errors.ts'
import { lockKey } from './postgres-lock-key.ts'
import type { Durability } from './store.ts'
import { StoreRefusedError } from './store-errors.ts'

export interface PostgresPlace {
  readonly url: string
  readonly service: string
  readonly schema: string
  readonly durability: Durability
}

interface User {
  name: string
  mayMakeRoles: boolean
  schemaOwner: string | null
  mayMakeSchemas: boolean
}

/**
 * Sees to it that the service has a schema and a role that may use nothing else. A user who may make roles (an
 * administrator, whose URL all services can share) makes them: `parley_<service>` owns the schema, and every connection
 * takes that role on with its first message. Any other user is taken for the service's own role and needs its schema, or
 * the right to make one. Throws StoreRefusedError.
 */
export async function preparePostgresAccess(place: PostgresPlace): Promise<PostgresAccess> {
  const { url, service, schema } = place
  const client = await connectAlone(clientConfig({ url, schema, role: null }))
  try {
    await assertDurable(client, place)
    const user = await describeUser(client, schema)
    const role = user.mayMakeRoles ? `parley_${service}` : null
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1::bigint)', [lockKey('', 'schemas')])
    if (role !== null) await makeRole(client, role, user.name)
    await makeSchema(client, place, role, user)
    await client.query('commit')
    return { url, schema, role }
  } finally {
    await client.end()
  }
}

/** Acknowledged means committed, and what is committed must survive the death of every process. */
async function assertDurable(client: Client, { service, durability }: PostgresPlace): Promise<void> {
  const { rows } = await client.query<Record<'synchronous' | 'fsync' | 'pages', string>>(`
    select current_setting('synchronous_commit') as synchronous, current_setting('fsync') as fsync,
      current_setting('full_page_writes') as pages`)
  const [row] = rows
  if (row?.synchronous === 'off') {
    throw new StoreRefusedError(
      `the PostgreSQL of service ${service} has synchronous_commit off, with which acknowledged requests can be lost; ` +
        'turn it on, for the user of the URL at least (alter role … set synchronous_commit = on)',
    )
  }
  if (durability === 'power' && (row?.fsync === 'off' || row?.pages === 'off')) {
    throw new StoreRefusedError(
      `the PostgreSQL of service ${service} has fsync or full_page_writes off and can lose data with the power; ` +
        'turn them on, or choose PARLEY_DURABILITY=process',
    )
  }
}

async function describeUser(client: Client, schema: string): Promise<User> {
  const { rows } = await client.query<User>(
    `select current_user as name, rolsuper or rolcreaterole as "mayMakeRoles",
       (select nspowner::regrole::text from pg_namespace where nspname = $1) as "schemaOwner",
       has_database_privilege(current_database(), 'create') as "mayMakeSchemas"
     from pg_roles where rolname = current_user`,
    [schema],
  )
  const [user] = rows
  if (user === undefined) throw new Error('PostgreSQL does not know the user it let in')
  return user
}

/** Roles belong to the whole server, so another database's Parley may make the same one at the same time. */
async function makeRole(client: Client, role: string, member: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role])
  if (rowCount === 0) {
    await client.query('savepoint make_role')
    try {
      await client.query(`create role ${escapeIdentifier(role)} nologin`)
    } catch (error) {
      if (!isDuplicateObject(error)) throw error
      await client.query('rollback to savepoint make_role')
    }
  }
  // From PostgreSQL 16 on, whoever makes a role is a member that may pass the role on, and not yet take it on.
  const { rows } = await client.query<{ mayTakeOn: boolean }>(
    `select pg_has_role($1, $2, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)
       as "mayTakeOn"`,
    [member, role],
  )
  if (rows[0]?.mayTakeOn !== true) {
    await client.query(`grant ${escapeIdentifier(role)} to ${escapeIdentifier(member)}`)
  }
}

async function makeSchema(client: Client, place: PostgresPlace, role: string | null, user: User): Promise<void> {
  const { service, schema } = place
  if (user.schemaOwner !== null) return
  if (!user.mayMakeSchemas) {
    throw new StoreRefusedError(
      `the database of service ${service} has no schema "${schema}", and the user of its URL may not make one; ` +
        `run as an administrator: create schema "${schema}" authorization ${escapeIdentifier(user.name)}`,
    )
  }
  const owner = role ?? user.name
  await client.query(`create schema if not exists ${escapeIdentifier(schema)} authorization ${escapeIdentifier(owner)}`)
}

import { type ExecFileException, execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'

const root = join(import.meta.dirname, '..', '..')
const found = await findPostgres()
const skip = 'missing' in found ? found.missing : false

/** Suites that know nothing of their database: they run again, each file on a PostgreSQL database of its own. */
const files = [
  'packages/chassis/test/store/prepared-query.test.ts',
  'packages/chassis/test/events/inbox.test.ts',
  'packages/chassis/test/events/relay*.test.ts',
  'services/*/test/infrastructure/{kysely-*,sqlite-stores}.test.ts',
  'services/gateway/test/application/keys.test.ts',
  'services/request/test/application/{budget*,idempotency,inspect-and-settle,reconcile,submit-request}.test.ts',
  'services/response/test/application/{cancel-response,fencing,recovery,session-turns}.test.ts',
  'services/session/test/application/{manage-session-lifecycle,manage-users,tenancy,turns}.test.ts',
]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .toSorted()

suite('the suites of stores and events run on PostgreSQL', { concurrency: 2, skip }, () => {
  for (const file of files) {
    test(file, async (t: TestContext) => {
      await using database = await createTestDatabase()
      const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
      const { code, output } = await run(file, { ...env, PARLEY_TEST_DATABASE_URL: database.url })
      t.assert.strictEqual(code, 0, output)
      t.assert.match(output, /# pass [1-9]|# skipped [1-9]/)
    })
  }
})

function run(file: string, env: NodeJS.ProcessEnv): Promise<{ code: unknown; output: string }> {
  const args = ['--test', '--test-reporter=tap', '--test-timeout=60000', file]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env }, (error: ExecFileException | null, output) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), output }),
    )
  })
}

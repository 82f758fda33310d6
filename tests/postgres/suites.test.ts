import { type ExecFileException, execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { createTestDatabase } from '@parley/testkit/postgres-database.ts'
import { findPostgres } from '@parley/testkit/services.ts'

const root = join(import.meta.dirname, '..', '..')
const found = await findPostgres()
const outputBytesMax = 64 * 1024 * 1024
const skip = 'missing' in found ? found.missing : false

/** Suites that know nothing of their database: they run again, those of a workspace on a PostgreSQL database of its own. */
const files = [
  'packages/chassis/test/store/prepared-query.test.ts',
  'packages/chassis/test/events/inbox.test.ts',
  'packages/chassis/test/events/relay*.test.ts',
  'services/*/test/infrastructure/{kysely-*,sqlite-stores}.test.ts',
  'services/gateway/test/application/keys.test.ts',
  'services/request/test/application/{budget*,idempotency,inspect-and-settle,reconcile,submit-request}.test.ts',
  'services/response/test/application/{cancel-response,fencing,lost-attempts,recovery,session-turns}.test.ts',
  'services/session/test/application/{manage-session-lifecycle,manage-users,tenancy,turns}.test.ts',
]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .toSorted()
const byWorkspace = Map.groupBy(files, (file) => file.split(/[/\\]/, 2).join('/'))

suite('the suites of stores and events run on PostgreSQL', { concurrency: 2, skip }, () => {
  for (const [workspace, own] of byWorkspace) {
    test(`${workspace}: ${own.length} files`, async (t: TestContext) => {
      await using database = await createTestDatabase()
      const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
      const { code, output } = await run(own, { ...env, PARLEY_TEST_DATABASE_URL: database.url })
      t.assert.strictEqual(code, 0, output)
      const testCount = Number(/^# pass (\d+)$/m.exec(output)?.[1])
      t.assert.ok(testCount >= own.length, output)
    })
  }
})

function run(own: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: unknown; output: string }> {
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', '--test-timeout=60000', ...own]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env, maxBuffer: outputBytesMax },
      (error: ExecFileException | null, output) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), output }),
    )
  })
}

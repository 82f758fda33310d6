import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./programs/deliver.ts', import.meta.url))
const limited = { encoding: 'utf8', timeout: 60_000 } as const
const steps = Array.from({ length: 20 }, (_, index) => index + 1)

const moments = [
  'after the commit',
  'before the delivery',
  'before the effect is committed',
  'after the effect',
  'after everything',
]

for (const moment of moments) {
  test(`a process killed ${moment} leaves every event with one effect`, async (t: TestContext) => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-crash-'))
    try {
      const killed = spawnSync(process.execPath, [program, folder, moment], limited)
      t.assert.strictEqual(killed.signal, 'SIGKILL', killed.stderr)
      const { stdout, stderr } = spawnSync(process.execPath, [program, folder], limited)
      t.assert.strictEqual(stderr, '')
      const result = JSON.parse(stdout) as { steps: number[]; left: number }
      t.assert.deepStrictEqual(
        result.steps.toSorted((a, b) => a - b),
        steps,
      )
      for (const key of [0, 1, 2]) {
        const ofKey = result.steps.filter((step) => step % 3 === key)
        t.assert.deepStrictEqual(
          ofKey,
          ofKey.toSorted((a, b) => a - b),
          'in order',
        )
      }
      t.assert.strictEqual(result.left, 0)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./programs/deliver.ts', import.meta.url))
const limitMs = 60_000
const steps = Array.from({ length: 20 }, (_, index) => index + 1)

const moments = [
  'after the commit',
  'after the publication',
  'before the delivery',
  'before the effect is committed',
  'after the effect',
  'after everything',
]

/** `args` name the way for the program: none for the direct one, else brokers and prefix. */
export function crashSuite(
  name: string,
  { args, skip }: { args: () => readonly string[]; skip: string | false },
): void {
  describe(`a process that is killed: ${name}`, { skip, concurrency: 2 }, () => {
    for (const moment of moments) {
      test(`${moment}, it leaves every event with one effect`, async (t: TestContext) => {
        const folder = await mkdtemp(join(tmpdir(), 'parley-crash-'))
        const where = args()
        try {
          const killed = await run([folder, moment, ...where])
          t.assert.strictEqual(killed.signal, 'SIGKILL', killed.stderr)
          const { stdout, stderr } = await run([folder, 'never', ...where])
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
  })
}

async function run(args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
  const [stdout, stderr, [, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { stdout, stderr, signal: signal as NodeJS.Signals | null }
}

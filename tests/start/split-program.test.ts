import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { findFreePorts } from '../harness/free-ports.ts'
import { SpawnedProgram } from '../harness/spawned-program.ts'
import { serviceNames } from '../harness/system.ts'

interface Row {
  readonly service: string
  readonly url: string
  readonly pid: number
}

const rowPattern = /^ {2}(\w+) +(http:\S+) +pid (\d+)$/gm

/** Starts the split program and reads the table that it prints once all is ready. */
async function startSplit(t: TestContext): Promise<{ program: SpawnedProgram; rows: Row[]; port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-split-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const port = await findFreePorts(serviceNames.length + 1)
  const program = new SpawnedProgram({ main: 'apps/split/main.ts', cwd: folder, env: { PORT: String(port) } })
  t.after(() => program.stop())
  await program.untilOutput(/pid \d+\n$/)
  const rows = [...program.standardOutput.matchAll(rowPattern)].map(([, service = '', url = '', pid]) => ({
    service,
    url,
    pid: Number(pid),
  }))
  return { program, rows, port }
}

describe('starting everything split', () => {
  test('each service is a process of its own, announced with its port, and all end together', async (t: TestContext) => {
    const { program, rows, port } = await startSplit(t)
    t.assert.deepEqual(rows.map(({ service }) => service).sort(), [...serviceNames].sort())
    t.assert.equal(new Set(rows.map(({ pid }) => pid)).size, serviceNames.length)
    t.assert.match(
      program.standardOutput,
      new RegExp(`^Parley listens on http://127.0.0.1:${port} · model: \\S+ · key: `),
    )
    for (const { url } of rows) t.assert.equal((await fetch(`${url}/readyz`)).status, 200)
    const secret = /key: (parley-\S+)/.exec(program.standardOutput)?.[1] ?? ''
    const answer = await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
    t.assert.equal(answer.status, 200)

    program.signal('SIGTERM')
    t.assert.deepEqual(await program.ended, { code: 0, signal: null })
    t.assert.deepEqual(
      rows.filter(({ pid }) => isRunning(pid)),
      [],
    )
  })

  test('when one process is killed the others end, and the program says so by its exit code', async (t: TestContext) => {
    const { program, rows } = await startSplit(t)
    const victim = rows.find(({ service }) => service === 'session')
    t.assert.ok(victim !== undefined)
    process.kill(victim.pid, 'SIGKILL')
    const { code } = await program.ended
    t.assert.equal(code, 1)
    await waitUntil(() => rows.every(({ pid }) => !isRunning(pid)), { pollMs: 10, what: 'all processes to have ended' })
  })

  test('a port that cannot be one is refused in words', async (t: TestContext) => {
    await using program = new SpawnedProgram({ main: 'apps/split/main.ts', cwd: tmpdir(), env: { PORT: 'high' } })
    t.assert.equal((await program.ended).code, 1)
    t.assert.match(program.standardError, /PORT/)
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

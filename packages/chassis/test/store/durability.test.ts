import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '@parley/chassis/store/open-store.ts'
import { type NoteSchema, noteMigrations } from './notes-store.ts'

const writer = fileURLToPath(new URL('./programs/write.ts', import.meta.url))
const lockHolder = fileURLToPath(new URL('./programs/hold-lock.ts', import.meta.url))
/** A program that hangs fails its test. */
const limited = { timeout: 60_000, killSignal: 'SIGTERM' } as const
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-durability-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function storedRanks(folder: string): Promise<Set<number>> {
  const url = `sqlite:${folder}`
  await using store = await openStore<NoteSchema>({
    url,
    service: 'notes',
    migrations: noteMigrations,
    durability: 'process',
  })
  const rows = await store.read.selectFrom('notes').select('rank').execute()
  return new Set(rows.map(({ rank }) => rank))
}

test('a writer killed at any moment loses nothing that it acknowledged', async (t: TestContext) => {
  await withFolder(async (folder) => {
    const acknowledged = new Set<number>()
    for (const countMax of [1, 400, 3_000]) {
      await rm(folder, { recursive: true, force: true })
      acknowledged.clear()
      const child = spawn(process.execPath, [writer, folder], { ...limited, stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.add(Number(line))
        if (acknowledged.size === countMax) child.kill('SIGKILL')
      }
      t.assert.deepStrictEqual(await ended, [null, 'SIGKILL'])
      const stored = await storedRanks(folder)
      const lost = [...acknowledged].filter((rank) => !stored.has(rank))
      t.assert.deepStrictEqual(lost, [])
      t.assert.ok(acknowledged.size >= countMax)
    }
  })
})

const noTrace = canTrace ? false : 'strace is not there, or may not trace'

const syncFaults = [
  { durability: 'power', when: '12', what: 'a commit' },
  // Commits of this durability do not sync; the first to do so is a checkpoint.
  { durability: 'process', when: '3+', what: 'a checkpoint' },
]

for (const { durability, when, what } of syncFaults) {
  test(`after ${what} could not be synced the store stops for good`, { skip: noTrace }, async (t: TestContext) => {
    await withFolder(async (folder) => {
      await storedRanks(folder)
      const faults = ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:error=EIO:when=${when}`]
      const child = spawn('strace', [...faults, '-o', '/dev/null', process.execPath, writer, folder, durability], {
        ...limited,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines: string[] = []
      for await (const line of createInterface({ input: child.stdout })) lines.push(line)
      const refused = lines.filter((line) => line.startsWith('refused'))
      t.assert.strictEqual(refused.length, 8, 'whoever wrote was told')
      for (const line of refused) {
        t.assert.match(line, /^refused STORE_UNAVAILABLE the database of service notes cannot be used: /)
      }
      t.assert.strictEqual(lines.at(-1), 'late STORE_UNAVAILABLE')
      const stored = await storedRanks(folder)
      const acknowledged = lines.map(Number).filter(Number.isInteger)
      t.assert.deepStrictEqual(
        acknowledged.filter((rank) => !stored.has(rank)),
        [],
      )
    })
  })
}

test('a lock is held against other processes until its holder is killed', async (t: TestContext) => {
  await withFolder(async (folder) => {
    const url = `sqlite:${folder}`
    await using store = await openStore<NoteSchema>({
      url,
      service: 'notes',
      migrations: noteMigrations,
      durability: 'process',
    })
    const child = spawn(process.execPath, [lockHolder, join(folder, 'notes.db.relay.lock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
    t.assert.strictEqual(line, 'held\n')
    t.assert.strictEqual(await store.tryLock('relay'), null)
    const other = await store.tryLock('other')
    t.assert.notStrictEqual(other, null)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await store.tryLock('relay')
    t.assert.notStrictEqual(lock, null)
    t.assert.strictEqual(await store.tryLock('relay'), null, 'nor twice in one process')
    await lock?.release()
    const again = await store.tryLock('relay')
    t.assert.notStrictEqual(again, null)
    await again?.release()
    await other?.release()
  })
})

import { DatabaseSync } from 'node:sqlite'
import { parentPort } from 'node:worker_threads'
import type { CheckpointOrder, CheckpointReply } from './checkpoint-thread.ts'
import type { LogLength } from './sqlite-connection.ts'

/** Runs in a thread of its own: waits for the disk so that the event loop need not. */
const databases = new Map<string, DatabaseSync>()

parentPort?.on('message', (order: CheckpointOrder) => {
  parentPort?.postMessage({ id: order.id, ...perform(order) } satisfies CheckpointReply)
})

function perform({ path, action }: CheckpointOrder): Omit<CheckpointReply, 'id'> {
  try {
    if (action === 'release') {
      databases.get(path)?.close()
      databases.delete(path)
      return { length: null, error: null }
    }
    const length: unknown = openDatabase(path).prepare('pragma wal_checkpoint(passive)').get()
    return { length: { ...(length as LogLength) }, error: null }
  } catch (error) {
    return { length: null, error: { message: String(error), errcode: errcodeOf(error) } }
  }
}

function openDatabase(path: string): DatabaseSync {
  const existing = databases.get(path)
  if (existing !== undefined) return existing
  const database = new DatabaseSync(path, { timeout: 0 })
  database.exec('pragma wal_autocheckpoint = 0')
  databases.set(path, database)
  return database
}

function errcodeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null
}

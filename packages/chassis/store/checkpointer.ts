import { checkpointInThread, releaseInThread } from './checkpoint-thread.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { isFsyncError } from './store-errors.ts'

/** Looking at the log's length costs 3 µs, so not every commit does. */
const commitsPerLook = 32
/** 16 MB of log. */
const checkpointFrames = 4_000
/** 64 MB of log: from here on the log is made to start again from its beginning. */
const restartFrames = 16_000

export interface CheckpointerOptions {
  readonly path: string
  /** Keeps transactions from beginning until the returned function is called; null while one is under way. */
  readonly hold: () => (() => void) | null
  /** The database can no longer be trusted to keep what it acknowledged. */
  readonly failed: (error: unknown) => void
}

/**
 * Moves committed pages from the write-ahead log into the database file. A checkpoint waits for the disk (15–45 ms here),
 * so another thread makes it. While that one works, new frames arrive, and a log with unmoved frames cannot start again
 * from its beginning; once it is long, the few frames that are left are moved while transactions wait. The event loop
 * never does.
 */
export class Checkpointer {
  readonly #writer: SqliteConnection
  readonly #options: CheckpointerOptions
  #commits = 0
  #running: Promise<void> | null = null

  constructor(writer: SqliteConnection, options: CheckpointerOptions) {
    this.#writer = writer
    this.#options = options
  }

  committed(): void {
    this.#commits++
    if (this.#commits % commitsPerLook !== 0 || this.#running !== null) return
    const { log, checkpointed } = this.#writer.logLength()
    if (log - checkpointed < checkpointFrames) return
    this.#running = this.#checkpoint().finally(() => {
      this.#running = null
    })
  }

  async close(): Promise<void> {
    await this.#running
    await releaseInThread(this.#options.path)
  }

  async #checkpoint(): Promise<void> {
    try {
      const { log } = await checkpointInThread(this.#options.path)
      if (log >= restartFrames) await this.#checkpointHeld()
    } catch (error) {
      if (isFsyncError(error)) this.#options.failed(error)
      else this.#checkpointHere()
    }
  }

  /** Tried again at the next look when a transaction is under way. */
  async #checkpointHeld(): Promise<void> {
    const release = this.#options.hold()
    if (release === null) return
    try {
      await checkpointInThread(this.#options.path)
    } finally {
      release()
    }
  }

  /** What fails otherwise than by losing data, because the file is busy for one, is tried again at the next look. */
  #checkpointHere(): void {
    if (this.#writer.isInTransaction) return
    try {
      this.#writer.checkpoint()
    } catch (error) {
      if (isFsyncError(error)) this.#options.failed(error)
    }
  }
}

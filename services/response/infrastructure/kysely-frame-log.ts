import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { sql } from 'kysely'
import type { FrameLog } from '../application/ports.ts'
import { WriteRefused } from '../application/write-refused.ts'
import type { ResponseSchema } from './schema.ts'

type Chunk = { responseId: string; lastSeq: number; frames: string }
type ById = { responseId: string }

/** Chunks that a reader gets at once; each holds what was committed together. */
const pageChunks = 50

/** Frames that were committed together are one row, so that a fast model does not cost an insert per word. */
export class KyselyFrameLog implements FrameLog {
  readonly #store: Store<ResponseSchema>
  readonly #onFenced: () => void
  readonly #append: PreparedQuery<unknown, Chunk & { attempt: number }>
  readonly #appendEnd: PreparedQuery<unknown, Chunk>
  readonly #read: PreparedQuery<{ frames: string }, { responseId: string; after: number }>
  readonly #lastSeq: PreparedQuery<{ last_seq: number }, ById>
  readonly #delete: PreparedQuery<unknown, ById>

  /** `onFenced` is told of each refused write. */
  constructor(store: Store<ResponseSchema>, onFenced: () => void = ignored) {
    this.#store = store
    this.#onFenced = onFenced
    this.#append = store.prepare((db, { responseId, attempt, lastSeq, frames }) => {
      const stillMine = db
        .selectFrom('responses')
        .select([
          'response_id',
          sql<number>`cast(${lastSeq} as integer)`.as('last_seq'),
          sql<string>`cast(${frames} as text)`.as('frames'),
        ])
        .where('response_id', '=', responseId)
        .where('attempt', '=', attempt)
        .where('status', '=', 'in_progress')
      // A concurrent takeover must wait for this insert, or see it; SQLite has one writer anyway.
      const fenced = store.dialect === 'postgres' ? stillMine.forShare() : stillMine
      return db.insertInto('frames').columns(['response_id', 'last_seq', 'frames']).expression(fenced)
    })
    this.#appendEnd = store.prepare((db, { responseId, lastSeq, frames }) =>
      db.insertInto('frames').values({ response_id: responseId, last_seq: lastSeq, frames }),
    )
    this.#read = store.prepare((db, { responseId, after }) =>
      db
        .selectFrom('frames')
        .select('frames')
        .where('response_id', '=', responseId)
        .where('last_seq', '>', after)
        .orderBy('last_seq')
        .limit(pageChunks),
    )
    this.#lastSeq = store.prepare((db, { responseId }) =>
      db
        .selectFrom('frames')
        .select('last_seq')
        .where('response_id', '=', responseId)
        .orderBy('last_seq', 'desc')
        .limit(1),
    )
    this.#delete = store.prepare((db, { responseId }) => db.deleteFrom('frames').where('response_id', '=', responseId))
  }

  append: FrameLog['append'] = async (tx, { responseId, attempt }, frames) => {
    await this.#append.require(tx, { ...chunkOf(responseId, frames), attempt }, () => {
      this.#onFenced()
      return new WriteRefused()
    })
  }

  appendEnd: FrameLog['appendEnd'] = async (tx, responseId, frame) => {
    await this.#appendEnd.write(tx, chunkOf(responseId, [frame]))
  }

  read: FrameLog['read'] = async (tx, responseId, after) => {
    const rows = await this.#read.all(tx, { responseId, after })
    return rows.flatMap((row) => parseFrames(row.frames)).filter(({ seq }) => seq > after)
  }

  count: FrameLog['count'] = async (tx, responseId) => {
    const row = await this.#lastSeq.first(tx, { responseId })
    return row === undefined ? 0 : row.last_seq + 1
  }

  delete: FrameLog['delete'] = async (tx, responseId) => {
    await this.#delete.write(tx, { responseId })
  }

  deleteUnstoredBefore: FrameLog['deleteUnstoredBefore'] = async (tx, instant) => {
    const db = this.#store.within(tx)
    const ended = await db
      .selectFrom('responses')
      .select('response_id')
      .where(sql<boolean>`store = 0 and logged = 1`)
      .where('completed_at', '<', instant)
      .limit(500)
      .execute()
    for (const { response_id: responseId } of ended) {
      await this.#delete.write(tx, { responseId })
      await db.updateTable('responses').set({ logged: 0 }).where('response_id', '=', responseId).execute()
    }
    return ended.length
  }
}

function chunkOf(responseId: string, frames: readonly Frame[]): Chunk {
  return { responseId, lastSeq: frames.at(-1)?.seq ?? -1, frames: JSON.stringify(frames) }
}

function parseFrames(text: string): Frame[] {
  return JSON.parse(text)
}

function ignored(): void {}

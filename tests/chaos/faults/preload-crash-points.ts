// Loaded with `--import` into the programs of a chaos run. It watches seams that are there anyway (statements of the
// database driver, events of the HTTP client) and makes the process wait at a point when the rig has asked for it.
import { subscribe } from 'node:diagnostics_channel'
import { readSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { type ArmPoint, type CrashPoint, goOnByte, pointDescriptor } from './crash-point.ts'
import { observePostgres } from './observe-postgres.ts'
import { observeSqlite } from './observe-sqlite.ts'
import { watchedStatements } from './statements.ts'

const waitMaxMs = 15_000
const pollMs = 2

let armed: CrashPoint | null = null

if (isMainThread && process.send !== undefined) {
  process.on('message', (message: ArmPoint) => {
    armed = message.arm
  })
  // The channel must not keep a program alive that has nothing left to do.
  process.channel?.unref()
  observeSqlite(createObserver)
  observePostgres(createObserver)
  watchProvider()
}

/** Follows one connection to a database from statement to statement. */
function createObserver() {
  let marks = new Set<(typeof watchedStatements)[number]>()
  return {
    statement(sql: string, values: readonly unknown[]): void {
      if (/^(begin|rollback)\b/i.test(sql)) marks = new Set()
      else if (armed !== null) {
        for (const watched of watchedStatements) if (watched.matches(sql, values)) marks.add(watched)
      }
    },
    beforeCommit(): void {
      for (const { before } of marks) reach(before)
    },
    afterCommit(): void {
      const done = marks
      marks = new Set()
      for (const { after } of done) reach(after)
    },
  }
}

function watchProvider(): void {
  const isGeneration = (message: unknown) => {
    const { request } = message as { request?: { path?: string; method?: string } }
    return request?.method === 'POST' && request.path?.endsWith('/chat/completions') === true
  }
  subscribe('undici:request:create', (message) => {
    if (isGeneration(message)) reach('after-intent')
  })
  subscribe('undici:request:headers', (message) => {
    if (isGeneration(message)) reach('after-call')
  })
}

/** Stands still, with everything in the process, until the rig has done what it wanted to. */
function reach(point: CrashPoint | null): void {
  if (point === null || armed !== point) return
  armed = null
  writeSync(pointDescriptor, `${point}\n`)
  const byte = Buffer.alloc(1)
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const endsAtMs = performance.now() + waitMaxMs
  while (performance.now() < endsAtMs) {
    try {
      if (readSync(pointDescriptor, byte, 0, 1, null) === 0 || byte[0] === goOnByte) return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(sleeper, 0, 0, pollMs)
    }
  }
}

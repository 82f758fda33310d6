import { Worker } from 'node:worker_threads'
import type { LogLength } from './sqlite-connection.ts'

/** What the thread is asked for; `release` closes its connection to the file. */
export interface CheckpointOrder {
  readonly id: number
  readonly path: string
  readonly action: 'checkpoint' | 'release'
}

export interface CheckpointReply {
  readonly id: number
  readonly length: LogLength | null
  readonly error: { readonly message: string; readonly errcode: number | null } | null
}

interface Waiting {
  resolve(length: LogLength | null): void
  reject(error: Error): void
}

/** One thread serves all stores of the process: it starts with the first order and ends when no file is open in it. */
let shared: CheckpointThread | null = null

/** Rejects with the driver's error, its `errcode` included, or with one that has none when there is no thread. */
export async function checkpointInThread(path: string): Promise<LogLength> {
  shared ??= new CheckpointThread(() => {
    shared = null
  })
  return (await shared.order(path, 'checkpoint')) ?? { log: 0, checkpointed: 0 }
}

/** Closes the thread's connection to the file, if it has one. */
export async function releaseInThread(path: string): Promise<void> {
  await shared?.release(path)
}

class CheckpointThread {
  readonly #worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url))
  readonly #waiting = new Map<number, Waiting>()
  readonly #paths = new Set<string>()
  readonly #onEnd: () => void
  #lastId = 0

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.#worker.on('message', (reply: CheckpointReply) => this.#settle(reply))
    this.#worker.on('error', (error: Error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(new Error('the checkpoint thread ended')))
  }

  order(path: string, action: CheckpointOrder['action']): Promise<LogLength | null> {
    this.#paths.add(path)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      // An order is waited for, also by a process that has nothing else to do; an idle thread is not.
      this.#worker.ref()
      this.#worker.postMessage({ id, path, action } satisfies CheckpointOrder)
    })
  }

  async release(path: string): Promise<void> {
    if (!this.#paths.has(path)) return
    await this.order(path, 'release').catch(() => null)
    this.#paths.delete(path)
    if (this.#paths.size > 0) return
    this.#onEnd()
    await this.#worker.terminate()
  }

  #settle({ id, length, error }: CheckpointReply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (error === null) waiting?.resolve(length)
    else waiting?.reject(Object.assign(new Error(error.message), { errcode: error.errcode }))
  }

  #end(error: Error): void {
    this.#onEnd()
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

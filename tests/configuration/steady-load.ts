import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '@parley/testkit/latch.ts'

export interface Answer {
  readonly status: number
  readonly text: string
}

/** Several clients that each make one plain chat call after the other, until they are told to stop. */
export class SteadyLoad {
  readonly failures: string[] = []
  #answered = 0
  #running = true
  readonly #clients: Promise<unknown>

  constructor(options: { url: string; key: string; model: string; clients: number; pauseMs?: number }) {
    this.#clients = Promise.all(Array.from({ length: options.clients }, () => this.#client(options)))
  }

  get answered(): number {
    return this.#answered
  }

  /** Resolves once so many more calls were answered. */
  async more(count: number): Promise<void> {
    const goal = this.#answered + count
    await waitUntil(() => this.#answered >= goal, { what: `${count} more answers`, timeoutMs: 30_000, pollMs: 5 })
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#clients
  }

  async #client(options: { url: string; key: string; model: string; pauseMs?: number }): Promise<void> {
    while (this.#running) {
      try {
        const { status, text } = await chat(options)
        if (status !== 200) this.failures.push(`${status} ${text}`)
      } catch (error) {
        this.failures.push(String(error))
      }
      this.#answered++
      await delay(options.pauseMs ?? 5)
    }
  }
}

/** One plain chat call. */
export async function chat({ url, key, model }: { url: string; key: string; model: string }): Promise<Answer> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  return { status: answer.status, text: await answer.text() }
}

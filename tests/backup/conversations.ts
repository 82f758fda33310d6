import { setTimeout as delay } from 'node:timers/promises'
import type { BackedUpParley } from './backed-up-parley.ts'

interface Answered {
  readonly id: string
  readonly status: string
  readonly output: readonly { readonly content: readonly { readonly text: string }[] }[]
}

export interface Turn {
  readonly conversation: string
  readonly response: string
  readonly text: string
}

/** One turn of a new or given conversation, stored. */
export async function takeTurn(parley: BackedUpParley, input: string, conversation?: string): Promise<Turn> {
  const id = conversation ?? (await parley.ask<{ id: string }>('/v1/conversations', {})).id
  const answered = await parley.ask<Answered>('/v1/responses', { model: 'simulated', input, conversation: id })
  return { conversation: id, response: answered.id, text: textOf(answered) }
}

export async function readAnswer(parley: BackedUpParley, response: string): Promise<string> {
  return textOf(await parley.ask<Answered>(`/v1/responses/${response}`))
}

/** Several clients in conversations of their own, quick and slow turns in turn, until told to stop. */
export class Conversing {
  turns = 0
  readonly failures: string[] = []
  readonly #clients: Promise<unknown>
  #running = true

  constructor(parley: BackedUpParley, clients: number) {
    this.#clients = Promise.all(Array.from({ length: clients }, () => this.#converse(parley)))
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#clients
  }

  async #converse(parley: BackedUpParley): Promise<void> {
    let conversation: string | undefined
    while (this.#running) {
      const input = this.turns % 3 === 0 ? '/simulate chunks=5 interval_ms=100\nslowly' : 'Hello'
      try {
        conversation = (await takeTurn(parley, input, conversation)).conversation
      } catch (error) {
        this.failures.push(String(error))
        conversation = undefined
      }
      this.turns++
      await delay(5)
    }
  }
}

function textOf({ output }: Answered): string {
  return output.flatMap(({ content }) => content.map(({ text }) => text)).join('')
}

import type { Item } from '@parley/kernel/items.ts'

interface LocalTurn {
  readonly responseId: string
  readonly items: readonly Item[]
}

const lanesMax = 32
const noLane = ''

/**
 * What a connection remembers of responses that are not stored: the newest of each lane, for as long as the connection
 * lasts, and within a bound of characters. What does not fit is forgotten; whoever continues it sends the whole again.
 */
export class LocalTurns {
  readonly #turns = new Map<string, LocalTurn>()
  readonly #charsMax: number

  constructor({ charsMax }: { charsMax: number }) {
    this.#charsMax = charsMax
  }

  find(responseId: string): readonly Item[] | null {
    for (const turn of this.#turns.values()) if (turn.responseId === responseId) return turn.items
    return null
  }

  remember(lane: string | null, turn: LocalTurn): void {
    const name = lane ?? noLane
    this.#turns.delete(name)
    if (JSON.stringify(turn.items).length > this.#charsMax) return
    this.#turns.set(name, turn)
    const [oldest] = this.#turns.keys()
    if (this.#turns.size > lanesMax && oldest !== undefined) this.#turns.delete(oldest)
  }

  forget(responseId: string): void {
    for (const [lane, turn] of this.#turns) if (turn.responseId === responseId) this.#turns.delete(lane)
  }
}

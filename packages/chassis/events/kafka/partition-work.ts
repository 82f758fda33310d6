/** A record of a partition, with the key whose order it belongs to. */
export interface PartitionRecord {
  readonly offset: bigint
  readonly orderKey: string
}

export interface PartitionWorkOptions<Work extends PartitionRecord> {
  /** The first offset to take. */
  readonly position: bigint
  /** Works one record off, for as long as it takes; false when `signal` ended it before. Must not reject. */
  readonly handle: (record: Work, signal: AbortSignal) => Promise<boolean>
  /** Called when a record was worked off. */
  readonly progressed: () => void
  readonly signal: AbortSignal
  readonly limits?: Partial<PartitionLimits>
}

export interface PartitionLimits {
  /** Records that are being worked on or wait for an earlier one of their key. */
  readonly unfinishedMax: number
  /** Offsets between the lowest unfinished record and the next one to take: what a crash makes come again. */
  readonly spanMax: number
}

const defaultLimits: PartitionLimits = { unfinishedMax: 256, spanMax: 10_000 }

/**
 * The records of one partition while this process owns it: those of different keys are worked on side by side, those of
 * one key one after the other.
 *
 * Invariant: every record below `committable` is done.
 */
export class PartitionWork<Work extends PartitionRecord> {
  readonly #options: PartitionWorkOptions<Work>
  readonly #limits: PartitionLimits
  /** In the order of their offsets. */
  readonly #unfinished = new Map<bigint, Work>()
  readonly #waiting = new Map<string, Work[]>()
  #position: bigint

  constructor(options: PartitionWorkOptions<Work>) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#position = options.position
  }

  /** The next offset to take. */
  get position(): bigint {
    return this.#position
  }

  /** The lowest offset that is not done: where another owner would begin. */
  get committable(): bigint {
    const lowest = this.#unfinished.keys().next()
    return lowest.done === true ? this.#position : lowest.value
  }

  get unfinishedCount(): number {
    return this.#unfinished.size
  }

  get hasRoom(): boolean {
    const { unfinishedMax, spanMax } = this.#limits
    return this.#unfinished.size < unfinishedMax && this.#position - this.committable < BigInt(spanMax)
  }

  /** Takes a record. One below the position was taken before and is ignored. */
  add(record: Work): void {
    if (record.offset < this.#position) return
    this.#position = record.offset + 1n
    this.#unfinished.set(record.offset, record)
    const behind = this.#waiting.get(record.orderKey)
    if (behind !== undefined) {
      behind.push(record)
      return
    }
    this.#waiting.set(record.orderKey, [])
    void this.#workOff(record)
  }

  /** Goes on behind records that hold nothing for anyone: control records, compacted ones. */
  passOver(position: bigint): void {
    if (position > this.#position) this.#position = position
  }

  async #workOff(first: Work): Promise<void> {
    const { handle, progressed, signal } = this.#options
    for (let record: Work | undefined = first; record !== undefined; ) {
      if (!(await handle(record, signal))) return
      this.#unfinished.delete(record.offset)
      const next: Work | undefined = this.#waiting.get(record.orderKey)?.shift()
      if (next === undefined) this.#waiting.delete(record.orderKey)
      record = next
      progressed()
    }
  }
}

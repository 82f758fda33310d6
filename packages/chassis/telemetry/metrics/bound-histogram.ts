import { Histogram, type LabelValues, type Registry } from 'prom-client'

/** One series of a histogram, found once and then only counted in. */
export interface Observer {
  observe(value: number): void
}

/**
 * A histogram for paths that every request takes: a series is bound once to its labels, and an observation is a search
 * among its bounds and two additions, without an allocation. prom-client's own looks the series up by a text that it makes
 * of the labels each time, which costs more than a microsecond. A series shows once something was observed.
 */
export class BoundHistogram<T extends string> extends Histogram<T> {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Series<T>>()

  constructor(options: {
    name: string
    help: string
    labelNames: readonly T[]
    buckets: readonly number[]
    registers: Registry[]
  }) {
    const { name, help, labelNames, buckets, registers } = options
    super({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers })
    this.#name = name
    this.#help = help
    this.#bounds = buckets
  }

  /** The same labels give the same series. */
  bind(labels: LabelValues<T>): Observer {
    const key = JSON.stringify(labels)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = new Series(labels, this.#bounds)
      this.#series.set(key, series)
    }
    return series
  }

  /** What the registry asks when it writes text, and `get` when it gives values. */
  async getForPromString(): Promise<object> {
    const values = [...this.#series.values()].flatMap((series) => series.values(this.#name))
    return { name: this.#name, help: this.#help, type: 'histogram', values, aggregator: 'sum' }
  }
}

class Series<T extends string> implements Observer {
  readonly #labels: LabelValues<T>
  readonly #bounds: readonly number[]
  /** One more than there are bounds: the last is for what lies above them all. */
  readonly #counts: Float64Array
  #sum = 0

  constructor(labels: LabelValues<T>, bounds: readonly number[]) {
    this.#labels = labels
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index++
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#sum += value
  }

  values(name: string): object[] {
    const sharedLabels = this.#labels
    let count = 0
    const buckets = [...this.#counts].map((inBucket, index) => {
      count += inBucket
      return { metricName: `${name}_bucket`, sharedLabels, labels: { le: this.#bounds[index] ?? '+Inf' }, value: count }
    })
    if (count === 0) return []
    return [
      ...buckets,
      { metricName: `${name}_sum`, sharedLabels, labels: {}, value: this.#sum },
      { metricName: `${name}_count`, sharedLabels, labels: {}, value: count },
    ]
  }
}

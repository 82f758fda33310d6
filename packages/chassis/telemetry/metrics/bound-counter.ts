import { Counter, type LabelValues, type MetricObjectWithValues, type MetricValue } from 'prom-client'

/** One series of a counter, found once and then only counted in. */
export interface Tally {
  add(amount: number): void
}

/** A counter for paths that every request takes: counting in a bound series is one addition. */
export class BoundCounter<T extends string> extends Counter<T> {
  readonly #series = new Map<string, Series<T>>()

  /** The same labels give the same series, which shows from now on, with 0 until something was counted. */
  bind(labels: LabelValues<T>): Tally {
    const key = JSON.stringify(labels)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = new Series(labels)
      this.#series.set(key, series)
    }
    return series
  }

  /** One series for each of a few known values. */
  bindEach<const V extends string>(
    values: readonly V[],
    labelsOf: (value: V) => LabelValues<T>,
  ): Readonly<Record<V, Tally>> {
    const bound = values.map((value) => [value, this.bind(labelsOf(value))])
    return Object.fromEntries(bound) as Record<V, Tally>
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<T>>> {
    const described = await super.get()
    return { ...described, values: [...this.#series.values()].map(({ labels, value }) => ({ labels, value })) }
  }
}

class Series<T extends string> implements Tally {
  readonly labels: LabelValues<T>
  value = 0

  constructor(labels: LabelValues<T>) {
    this.labels = labels
  }

  add(amount: number): void {
    this.value += amount
  }
}

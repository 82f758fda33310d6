/** How long a limit holds before it starts anew. Days and months are UTC's. */
export type BudgetPeriod = 'total' | 'day' | 'month'

/** From `startsAt` up to, and without, `endsAt`; epoch milliseconds. */
export interface PeriodSpan {
  readonly startsAt: number
  readonly endsAt: number
}

const dayMs = 24 * 60 * 60_000
/** The first of January of the year 10000: the end of a period that does not end. */
export const never = 253_402_300_800_000

/** The period that `nowMs`, by the database's clock, lies in. */
export function periodAt(period: BudgetPeriod, nowMs: number): PeriodSpan {
  if (period === 'total') return { startsAt: 0, endsAt: never }
  if (period === 'day') {
    const startsAt = Math.floor(nowMs / dayMs) * dayMs
    return { startsAt, endsAt: startsAt + dayMs }
  }
  const date = new Date(nowMs)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { startsAt: Date.UTC(year, month), endsAt: Date.UTC(year, month + 1) }
}

import { setTimeout as delay } from 'node:timers/promises'
import { type Check, checks, trafficQuery } from './checks.ts'
import type { AskPrometheus } from './prometheus.ts'

export interface AnalysisOptions {
  readonly ask: AskPrometheus
  /** Label selectors of the pods of the new version and of the present one: `pod=~"gateway-canary-.*"`. */
  readonly canary: string
  readonly stable: string
  /** What rates are taken over, as Prometheus writes it. */
  readonly window: string
  readonly durationMs: number
  readonly intervalMs: number
  /** The least that the new version must have had to do before anything is said for it. */
  readonly requestsMin: number
  readonly tell?: (line: string) => void
}

/**
 * `promote`: it did well to the end. `roll-back`: something got worse, and stayed so for two looks. `inconclusive`: it
 * had too little to do, or it could not be seen; a version of which nothing is known does not go on either.
 */
export interface Verdict {
  readonly decision: 'promote' | 'roll-back' | 'inconclusive'
  readonly reasons: readonly string[]
}

/** One bad look may be chance, two in a row of the same check are not. */
const badLooksMax = 2
const blindLooksMax = 3

/** Compares the pods of a new version with those of the present one, again and again. */
export async function analyse(options: AnalysisOptions): Promise<Verdict> {
  const { durationMs, intervalMs, tell = () => {} } = options
  const endsAtMs = performance.now() + durationMs
  const badLooks = new Map<string, number>()
  let blindLooks = 0
  let isLookedAtOnceMore = false
  while (true) {
    const look = await lookOnce(options).catch((error: Error) => error)
    blindLooks = look instanceof Error ? blindLooks + 1 : 0
    if (look instanceof Error) tell(look.message)
    else {
      for (const { check, problem } of look) {
        badLooks.set(check.name, problem === null ? 0 : (badLooks.get(check.name) ?? 0) + 1)
        if (problem !== null) tell(problem)
      }
      const lasting = look.filter(({ check }) => (badLooks.get(check.name) ?? 0) >= badLooksMax)
      if (lasting.length > 0) return { decision: 'roll-back', reasons: lasting.map(({ problem }) => problem ?? '') }
    }
    if (blindLooks >= blindLooksMax) return { decision: 'inconclusive', reasons: [`not seen: ${look}`] }
    if (performance.now() < endsAtMs) await delay(Math.min(intervalMs, Math.max(0, endsAtMs - performance.now())))
    else if (isLookedAtOnceMore || !isBad(look)) return conclude(options, look)
    else isLookedAtOnceMore = true
  }
}

/** What went wrong in the very last look has not been seen to last. */
function isBad(look: Look[] | Error): boolean {
  return look instanceof Error || look.some(({ problem }) => problem !== null)
}

interface Look {
  readonly check: Check
  readonly problem: string | null
}

function lookOnce(options: AnalysisOptions): Promise<Look[]> {
  return Promise.all(checks.map(async (check) => ({ check, problem: await findProblem(check, options) })))
}

async function findProblem(check: Check, { ask, canary, stable, window }: AnalysisOptions): Promise<string | null> {
  const { name, query, max, timesStable } = check
  const found = await ask(query(canary, window))
  // What a process does not have, it cannot be bad at; whether there was anything to see is asked at the end.
  if (found === null || found <= max) return null
  if (timesStable === undefined) return `${name}: ${show(found)}, at most ${show(max)}`
  const present = await ask(query(stable, window))
  if (present !== null && found <= present * timesStable) return null
  return `${name}: ${show(found)}, at present ${present === null ? 'unknown' : show(present)}, at most ${show(max)}`
}

async function conclude(options: AnalysisOptions, last: Look[] | Error): Promise<Verdict> {
  if (last instanceof Error) return { decision: 'inconclusive', reasons: [`not seen: ${last.message}`] }
  const bad = last.flatMap(({ problem }) => problem ?? [])
  if (bad.length > 0) return { decision: 'roll-back', reasons: bad }
  const { ask, canary, window, requestsMin } = options
  const requests = await ask(trafficQuery(canary, window)).catch(() => null)
  if (requests !== null && requests >= requestsMin) return { decision: 'promote', reasons: [] }
  return {
    decision: 'inconclusive',
    reasons: [`the new version was asked ${show(requests ?? 0)} times within ${window}, fewer than ${requestsMin}`],
  }
}

function show(value: number): string {
  return String(Number(value.toPrecision(3)))
}

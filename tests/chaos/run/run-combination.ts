import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { judge, type Verdict } from '../checkers/all.ts'
import type { Liveness } from '../evidence/evidence.ts'
import { gatherEvidence, type LoadedRig } from '../evidence/gather.ts'
import { type Injected, inject } from '../faults/inject.ts'
import type { PlannedFault } from '../faults/schedule.ts'
import { Load, works } from '../load/load.ts'
import type { LoadTenant } from '../load/wish.ts'
import type { Random } from '../random.ts'
import { Rig } from '../rig/rig.ts'
import { within } from '../within.ts'
import type { Combination } from './combination.ts'

export interface RunOptions {
  readonly combination: Combination
  readonly random: Random
  readonly faults: readonly PlannedFault[]
  readonly workers: number
  /** No fault begins after so long. */
  readonly faultsMaxMs: number
  readonly env?: Readonly<Record<string, string>>
  readonly preloads?: readonly string[]
  readonly onFault?: (fault: PlannedFault, injected: Injected) => void
}

export interface RunResult {
  readonly combination: Combination
  readonly verdicts: readonly Verdict[]
  readonly injected: readonly Injected[]
  /** Faults that there was no time for. */
  readonly skipped: number
  readonly kills: number
  readonly requests: number
  readonly providerCalls: number
  readonly resumes: number
  readonly liveness: Liveness
  /** What took its client longest. */
  readonly slowest: string
  readonly tookMs: number
  /** How long each part took. */
  readonly phasesMs: Readonly<Record<string, number>>
}

const baselineMs = 2_500
const afterMs = 2_000
export const recoveryNominalMs = 10_000
const slowdownMax = 3
/** Whatever takes longer than the faults and so long never ends. */
const restMaxMs = 300_000
const quietRoundMaxMs = 120_000

/** A system under load: quiet, then with faults, then healed; drained, ended, and looked at. */
export async function runCombination(options: RunOptions): Promise<RunResult> {
  const startedMs = performance.now()
  const phases = new Stopwatch()
  const { combination, random } = options
  const { env, preloads } = options
  await using rig = await Rig.start({ ...combination, ...(env && { env }), ...(preloads && { preloads }) })
  phases.end('start')
  const tenants = await makeTenants(rig)
  await using load = new Load({ ...rig.access, tenants, random: random.fork('load'), workers: options.workers })
  const seen = await within(breakAndLook({ rig, load, tenants }, options, phases), options.faultsMaxMs + restMaxMs)
  if (seen === null) throw new Error(`it was not over in time; so far ${JSON.stringify(phases.ms)}`)
  return { combination, ...seen, tookMs: performance.now() - startedMs, phasesMs: phases.ms }
}

async function breakAndLook({ rig, load, tenants }: LoadedRig, options: RunOptions, phases: Stopwatch) {
  load.start()
  // The first calls of a program are slower than any later one.
  await delay(baselineMs / 2)
  const quietFrom = performance.now()
  await delay(baselineMs)
  const quietTo = performance.now()
  const quiet = await succeedAtAll(load, quietRoundMaxMs)
  if (quiet.recoveryMs === null) throw new Error(`not everything works: ${quiet.notRecovered.join('; ')}`)
  // On a machine that is slow even without faults, more time is given.
  const recoveryMaxMs = Math.max(recoveryNominalMs, slowdownMax * quiet.recoveryMs)

  phases.end('quiet')
  const { injected, skipped } = await injectAll(rig, options)
  rig.heal()
  // How long programs take to start is the machine's matter.
  await rig.untilReady()
  load.healed(recoveryMaxMs)
  const healedAtMs = performance.now()
  phases.end('faults')
  const { recoveryMs, notRecovered } = await succeedAtAll(load, recoveryMaxMs)
  const healthyFrom = performance.now()
  // Clients of work that was begun in health have as much patience.
  load.healed(recoveryMaxMs)
  await delay(afterMs)
  const healthyTo = performance.now()
  await load.stop()
  phases.end('recovery')

  const liveness: Liveness = {
    recoveryMs,
    recoveryMaxMs,
    notRecovered,
    failuresAfter: failuresSince(load, { lateMs: healedAtMs + recoveryMaxMs, healthyFrom }),
    medianBeforeMs: load.medianMs('plain-chat', { from: quietFrom, to: quietTo }),
    medianAfterMs: load.medianMs('plain-chat', { from: healthyFrom, to: healthyTo }),
  }
  const evidence = await gatherEvidence({ rig, load, tenants }, liveness)
  phases.end('drain')
  return {
    verdicts: judge(evidence),
    injected,
    skipped,
    kills: injected.filter(({ killed }) => killed).length,
    requests: evidence.stores.requests.length,
    providerCalls: evidence.providerCalls.length,
    resumes: evidence.clients.reduce((sum, { streams }) => sum + Math.max(0, streams.length - 1), 0),
    liveness,
    slowest: load.slowest(),
  }
}

const setUpMs = 30_000
/** Never reached, and held by every request. */
const plenty = { limit_tokens: 1_000_000_000_000 }

/** Two tenants, each with a key, its budget and a text of its own. */
export async function makeTenants(rig: Rig): Promise<LoadTenant[]> {
  const make = async (tenant: string): Promise<LoadTenant> => {
    const answer = await fetch(`${rig.url}/parley/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rig.secrets.presetKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tenant, name: 'load', scopes: ['inference', 'sessions'], budget: plenty }),
      signal: AbortSignal.timeout(setUpMs),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`no key was made: ${answer.status} ${text}`)
    return { tenant, canary: `canary-${randomUUID()}`, key: (JSON.parse(text) as { secret: string }).secret }
  }
  return [await make('north'), await make('south')]
}

async function injectAll(rig: Rig, { faults, faultsMaxMs, onFault }: RunOptions) {
  const endsAtMs = performance.now() + faultsMaxMs
  const injected: Injected[] = []
  const again: PlannedFault[] = []
  let skipped = 0
  const strike = async (fault: PlannedFault) => {
    if (performance.now() > endsAtMs) {
      skipped += 1
      return
    }
    const result = await inject(rig, fault)
    injected.push(result)
    onFault?.(fault, result)
    if (result.kind === 'point' && result.outcome === 'missed') again.push(fault)
  }
  for (const fault of faults) await strike(fault)
  // A point that nobody came by has one more chance.
  for (const fault of again.splice(0)) await strike(fault)
  return { injected, skipped }
}

/** How long until every kind of work succeeds; null when that takes too long. */
async function succeedAtAll(load: Load, withinMs: number): Promise<Pick<Liveness, 'recoveryMs' | 'notRecovered'>> {
  const startedMs = performance.now()
  const open = new Set(Object.keys(works))
  const hasTime = () => performance.now() - startedMs < withinMs
  const succeed = async (kind: string) => {
    while (hasTime()) {
      if (await load.once(kind)) {
        if (hasTime()) open.delete(kind)
        return
      }
      await delay(tryAgainMs)
    }
  }
  await within(Promise.all([...open].map(succeed)), withinMs)
  const notRecovered = [...open].map((kind) => `${kind}: ${load.done.findLast((one) => one.kind === kind)?.problem}`)
  return { recoveryMs: open.size === 0 ? performance.now() - startedMs : null, notRecovered }
}

const tryAgainMs = 50

/** What failed although it was begun in health, or had all the time of the recovery. */
function failuresSince(load: Load, { lateMs, healthyFrom }: { lateMs: number; healthyFrom: number }): string[] {
  return load.done
    .filter(({ tookMs, startedAtMs, endedAtMs }) => {
      return tookMs === null && (startedAtMs >= healthyFrom || endedAtMs >= lateMs)
    })
    .map(({ kind, problem }) => `${kind} failed: ${problem}`)
}

class Stopwatch {
  readonly ms: Record<string, number> = {}
  #sinceMs = performance.now()

  end(phase: string): void {
    const now = performance.now()
    this.ms[phase] = Math.round(now - this.#sinceMs)
    this.#sinceMs = now
  }
}

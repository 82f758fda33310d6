import { setTimeout as delay } from 'node:timers/promises'
import { Load } from '../load/load.ts'
import { Rig } from '../rig/rig.ts'
import { makeTenants, recoveryNominalMs } from '../run/run-combination.ts'
import { problemsAfterDrain } from './load-only.ts'
import type { Scenario, ScenarioResult } from './scenario.ts'

const loadMs = 2_000
const betweenMs = 1_000

/**
 * Every process in turn is asked to end under load and started again. Nothing may fail for good; a client may be told to
 * send again what was not accepted, which client libraries do by themselves. Nobody can connect to a gateway that is
 * gone, so while that one restarts only what had been sent before counts.
 */
export const rollingRestart: Scenario = async (options) =>
  underLoad(options, async (rig, load) => {
    const lines: string[] = []
    const problems: string[] = []
    for (const supervised of rig.processes.values()) {
      const from = performance.now()
      const startsBefore = supervised.starts
      supervised.signal('SIGTERM')
      while (supervised.starts === startsBefore) await delay(10)
      await supervised.untilReady()
      const to = performance.now()
      await delay(betweenMs)
      const all = failuresBetween(load, { from, to: performance.now() })
      const failed = all.filter(({ isRepeatable }) => !isRepeatable)
      const isDoor = supervised.planned.publicPort !== null
      const excused = isDoor ? failed.filter(({ startedAtMs }) => startedAtMs > from) : []
      const counted = failed.filter((one) => !excused.includes(one))
      lines.push(
        `${supervised.name}: ${(to - from).toFixed(0)} ms, ${counted.length} failed, ${all.length - counted.length} told to come again`,
      )
      problems.push(
        ...counted.map(({ kind, problem }) => `${kind} failed while ${supervised.name} restarted: ${problem}`),
      )
    }
    return { lines, problems }
  })

/** All processes are asked to end at once under load: whatever had been sent before is answered. */
export const drain: Scenario = async (options) =>
  underLoad(options, async (rig, load) => {
    const from = performance.now()
    for (const supervised of rig.processes.values()) supervised.signal('SIGTERM')
    await delay(betweenMs)
    await rig.untilReady()
    const to = performance.now()
    await delay(betweenMs)
    const failed = load.done.filter(
      ({ startedAtMs, tookMs, endedAtMs }) => tookMs === null && startedAtMs < from && endedAtMs > from,
    )
    return {
      lines: [`all: ${(to - from).toFixed(0)} ms, ${failed.length} failed of what had been sent before`],
      problems: failed.map(({ kind, problem }) => `${kind} failed while all processes ended: ${problem}`),
    }
  })

async function underLoad(
  { combination, random }: Parameters<Scenario>[0],
  act: (rig: Rig, load: Load) => Promise<ScenarioResult>,
): Promise<ScenarioResult> {
  await using rig = await Rig.start({ ...combination, isDirect: true })
  const tenants = await makeTenants(rig)
  await using load = new Load({ ...rig.access, tenants, random, workers: 6 })
  load.start()
  await delay(loadMs)
  const { lines, problems } = await act(rig, load)
  load.healed(recoveryNominalMs)
  await load.stop()
  const broken = await problemsAfterDrain({ rig, load, tenants })
  const requests = load.done.length
  return { lines: [...lines, `${requests} pieces of work`], problems: [...problems, ...broken] }
}

function failuresBetween(load: Load, { from, to }: { from: number; to: number }) {
  return load.done.filter(
    ({ tookMs, startedAtMs, endedAtMs }) => tookMs === null && startedAtMs <= to && endedAtMs >= from,
  )
}

import { setTimeout as delay } from 'node:timers/promises'
import type { SeenStream } from '../evidence/evidence.ts'
import { Load } from '../load/load.ts'
import { type StartedWish, startWish } from '../load/load-context.ts'
import { beginStored, follow } from '../load/stored-work.ts'
import { Rig } from '../rig/rig.ts'
import { makeTenants } from '../run/run-combination.ts'
import { problemsAfterDrain, scenarioMs } from './load-only.ts'
import type { Scenario } from './scenario.ts'

interface Begun {
  readonly id: string
  readonly started: StartedWish
}

const beginAttemptsMax = 20
const beginPauseMs = 500

/** Responses under way at a time, so that a kill hits many and a machine is not swamped. */
const waveSize = 100

/**
 * Stored responses whose processes are all killed while they run; each is then followed from a cursor drawn by the seed
 * to its end, and everything that was seen is compared with a replay from the beginning.
 */
export function createResume(responses: number): Scenario {
  return async ({ combination, random }) => {
    await using rig = await Rig.start(combination)
    const tenants = await makeTenants(rig)
    await using load = new Load({ ...rig.access, tenants, random, workers: 0 })
    let kills = 0
    let attempts = 0
    const followed: StartedWish[] = []
    const refusals: string[] = []
    /** One that has begun, however often that needs to be asked for: a machine may be swamped by many at once. */
    const begin = async (): Promise<Begun | null> => {
      for (let attempt = 0; attempt < beginAttemptsMax; attempt++) {
        const shape = { chunks: random.integer(10, 40), intervalMs: random.integer(20, 60), firstMs: 0 }
        const started = startWish(load.context, 'resumed', shape)
        attempts += 1
        const id = await beginStored(load.context, started, random.integer(1, 12))
        if (id !== null) return { id, started }
        refusals.push(started.note.errors.at(-1) ?? 'the connection broke')
        await delay(beginPauseMs)
      }
      return null
    }
    while (followed.length < responses) {
      const count = Math.min(waveSize, responses - followed.length)
      const begun = (await Promise.all(Array.from({ length: count }, begin))).filter((one) => one !== null)
      if (begun.length === 0) throw new Error(`nothing could be begun: ${refusals.at(-1)}`)
      for (const supervised of rig.processes.values()) if (supervised.signal('SIGKILL')) kills += 1
      await rig.untilReady()
      load.healed(scenarioMs)
      await Promise.all(
        begun.map(({ id, started }) => follow(load.context, started, id, { leaveAfter: null, pauseMs: 0 })),
      )
      followed.push(...begun.map(({ started }) => started))
    }
    const streams = followed.flatMap(({ note }) => note.streams)
    const complete = followed.filter(({ note }) => note.isComplete).length
    const problems = await problemsAfterDrain({ rig, load, tenants })
    const lost = followed.length - complete
    return {
      lines: [
        `${followed.length} responses, ${kills} processes killed, ${streams.length - followed.length} times taken up again`,
        `${complete} followed to their end; ${attempts - followed.length} did not begin at first${refusals.length === 0 ? '' : `: ${refusals.at(-1)}`}`,
        `${gapsOf(streams)} gaps, ${doublesOf(streams)} doubles, ${problems.filter(isOtherBytes).length} with other bytes`,
      ],
      problems: lost === 0 ? problems : [...problems, `${lost} of ${responses} were not followed to their end`],
    }
  }
}

function gapsOf(streams: readonly SeenStream[]): number {
  return streams.filter(({ after, events }) => events.some(({ seq }, index) => seq > after + 1 + index)).length
}

function doublesOf(streams: readonly SeenStream[]): number {
  return streams.filter(({ after, events }) => events.some(({ seq }, index) => seq < after + 1 + index)).length
}

function isOtherBytes(problem: string): boolean {
  return problem.includes('has other bytes')
}

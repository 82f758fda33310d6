import { Load } from '../load/load.ts'
import { startWish } from '../load/load-context.ts'
import { repeatWith } from '../load/stored-work.ts'
import { Rig } from '../rig/rig.ts'
import { makeTenants } from '../run/run-combination.ts'
import { problemsAfterDrain, scenarioMs } from './load-only.ts'
import type { Scenario } from './scenario.ts'

const copies = 100
const rounds = 3

/** One request in a hundred copies at once under one key: one request is accepted and the provider called once. */
export const oneKey: Scenario = async ({ combination, random }) => {
  await using rig = await Rig.start(combination)
  const tenants = await makeTenants(rig)
  await using load = new Load({ ...rig.access, tenants, random, workers: 0 })
  load.healed(scenarioMs)
  const problems: string[] = []
  for (let round = 0; round < rounds; round++) {
    const shape = { chunks: 4, intervalMs: 30, firstMs: 100 }
    const started = startWish(load.context, 'one-key', shape, { keyed: true })
    const tookMs = await repeatWith(load.context, started, copies)
    const { model, responseIds, errors } = started.note
    if (tookMs === null) problems.push(`not every copy of ${model} was answered: ${errors.at(-1)}`)
    if (responseIds.length !== 1) problems.push(`${model} was answered as ${responseIds.join(', ')}`)
  }
  const calls = rig.upstream.requestCount
  if (calls !== rounds) problems.push(`the provider was called ${calls} times for ${rounds} requests`)
  problems.push(...(await problemsAfterDrain({ rig, load, tenants })))
  return { lines: [`${rounds} rounds of ${copies} copies, ${calls} provider calls`], problems }
}

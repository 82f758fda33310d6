import { writeFile } from 'node:fs/promises'
import { canTrace } from './faults/inject.ts'
import { allPairs, describeFault, type PlannedFault, planFaults } from './faults/schedule.ts'
import { type ChaosOptions, readOptions } from './options.ts'
import { createRandom, type Random } from './random.ts'
import { storeAbsence, transportAbsence } from './rig/backing.ts'
import { serviceNames } from './rig/topology.ts'
import { type Combination, nameOf } from './run/combination.ts'
import { problemsOf, summaryOf, tableOf } from './run/report.ts'
import { type RunResult, runCombination } from './run/run-combination.ts'
import { runScenario } from './scenarios/run-scenario.ts'

/** `npm run chaos`: see `usage` in options.ts. Ends with 1 when an invariant was broken. */
const options = optionsOrExit()
const say = (text: string) => process.stdout.write(`${text}\n`)
say(`seed ${options.seed}`)
const random = createRandom(options.seed)
const { possible, absent } = await combinationsOf(options)
for (const line of absent) say(`left out: ${line}`)
// Connections that clients keep idle would hold the program back.
process.exit(options.scenario === null ? await runFaults() : await runScenarios(options.scenario))

async function runFaults(): Promise<number> {
  const results: RunResult[] = []
  const pairs = allPairs(random.fork('pairs'), serviceNames)
  for (const [index, combination] of possible.entries()) {
    const faults = scheduleFor(combination, index, pairs)
    say(`\n${nameOf(combination)}`)
    const result = await runCombination({
      combination,
      random: random.fork(nameOf(combination)),
      faults,
      workers: options.workers,
      faultsMaxMs: options.faultsMaxMs,
      onFault: (fault, { outcome }) => say(`  ${describeFault(fault)}${outcome === 'missed' ? '  (missed)' : ''}`),
    })
    results.push(result)
    say(`  slowest: ${result.slowest}; ms: ${JSON.stringify(result.phasesMs)}`)
    for (const line of problemsOf(result)) say(line)
  }
  say(`\n${tableOf(results)}\n\n${summaryOf(results)}\n${coverageOf(results)}\nseed ${options.seed}`)
  if (options.jsonPath !== null) {
    const report = { seed: options.seed, at: new Date().toISOString(), results }
    await writeFile(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`)
  }
  return results.some((result) => problemsOf(result).length > 0) ? 1 : 0
}

/** Pairs of a point and a service go round, so that a run with kills enough has had them all. */
function scheduleFor(combination: Combination, index: number, pairs: ReturnType<typeof allPairs>): PlannedFault[] {
  const kills = Math.ceil(options.kills / possible.length)
  const shared = options.faults.filter((kind) => kind !== 'fsync' || (canTrace() && combination.store === 'sqlite'))
  const points = Math.ceil(kills / 2)
  const own = Array.from({ length: points }, (_, each) => pairs[(index * points + each) % pairs.length])
  return planFaults({
    topology: combination.topology,
    store: combination.store,
    random: random.fork(`faults ${nameOf(combination)}`) satisfies Random,
    kills,
    kinds: shared,
    pairs: shared.includes('point') ? own.filter((pair) => pair !== undefined) : [],
  })
}

async function runScenarios(name: string): Promise<number> {
  let isBroken = false
  for (const combination of possible) {
    say(`\n${name} on ${nameOf(combination)}`)
    const { lines, problems } = await runScenario(name, {
      combination,
      random: random.fork(nameOf(combination)),
    })
    for (const line of lines) say(`  ${line}`)
    for (const problem of problems) say(`  broken: ${problem}`)
    isBroken ||= problems.length > 0
  }
  return isBroken ? 1 : 0
}

function coverageOf(results: readonly RunResult[]): string {
  const struck = results
    .flatMap(({ injected }) => injected)
    .filter(({ point, outcome }) => point !== null && outcome === 'struck')
  const points = new Set(struck.map(({ point }) => point))
  const pairs = new Set(struck.map(({ point, process: victim }) => `${point} ${victim}`))
  return `${points.size} crash points, ${pairs.size} pairs of a point and a process that was killed there`
}

async function combinationsOf({ topologies, stores, transports }: ChaosOptions) {
  const possible: Combination[] = []
  const absent = new Set<string>()
  for (const topology of topologies) {
    for (const store of stores) {
      for (const transport of transports) {
        const reason = (await storeAbsence(store)) ?? (await transportAbsence(transport))
        if (reason === null) possible.push({ topology, store, transport })
        else absent.add(reason)
      }
    }
  }
  return { possible, absent: [...absent] }
}

function optionsOrExit(): ChaosOptions {
  try {
    return readOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 32))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(2)
  }
}

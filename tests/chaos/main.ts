import { writeFile } from 'node:fs/promises'
import { type ChaosOptions, readOptions } from './options.ts'
import { createRandom } from './random.ts'
import { storeAbsence, transportAbsence } from './rig/backing.ts'
import { type Combination, nameOf } from './run/combination.ts'
import { runAll } from './run/run-all.ts'
import { runScenario } from './scenarios/run-scenario.ts'
import type { ScenarioResult } from './scenarios/scenario.ts'

/** `npm run chaos`: see `usage` in options.ts. Ends with 1 when an invariant was broken. */
const options = optionsOrExit()
// Programs that were started end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const say = (text: string) => process.stdout.write(`${text}\n`)
say(`seed ${options.seed}`)
const { possible, absent } = await combinationsOf(options)
for (const line of absent) say(`left out: ${line}`)
const { scenario } = options
const isKept = scenario === null ? await runAll(possible, options, say) : await runScenarios(scenario)
say(`seed ${options.seed}`)
// Connections that clients keep idle would hold the program back.
process.exit(isKept ? 0 : 1)

async function runScenarios(name: string): Promise<boolean> {
  const results: ({ combination: Combination } & ScenarioResult)[] = []
  for (const combination of possible) {
    say(`\n${name} on ${nameOf(combination)}`)
    const random = createRandom(options.seed).fork(nameOf(combination))
    const result = await runScenario(name, { combination, random })
    for (const line of result.lines) say(`  ${line}`)
    for (const problem of result.problems) say(`  broken: ${problem}`)
    results.push({ combination, ...result })
    if (options.jsonPath !== null) {
      const report = { scenario: name, seed: options.seed, at: new Date().toISOString(), results }
      await writeFile(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`)
    }
  }
  return results.every(({ problems }) => problems.length === 0)
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

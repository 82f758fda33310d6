import { writeFile } from 'node:fs/promises'
import { type LoadOptions, readOptions } from './options.ts'
import { holdStreams } from './run/hold-streams.ts'
import { k6Absence } from './run/run-k6.ts'
import { runScenario, type ScenarioResult } from './run/run-scenario.ts'

/** `npm run load`: see `usage` in options.ts. Ends with 1 when a threshold was crossed or the records disagree. */
const options = optionsOrExit()
const absence = options.kind === 'streams' ? null : k6Absence()
if (absence !== null) {
  process.stderr.write(`${absence}\n`)
  process.exit(1)
}
const say = (line: string) => process.stdout.write(`${line}\n`)
const problems = await (options.kind === 'streams' ? hold() : load()).catch(inWords)
for (const problem of problems) say(`broken: ${problem}`)
process.exit(problems.length === 0 ? 0 : 1)

async function load(): Promise<readonly string[]> {
  const result = await runScenario(options)
  for (const line of linesOf(options, result)) say(line)
  if (options.jsonPath !== null) await writeFile(options.jsonPath, `${JSON.stringify({ options, result }, null, 2)}\n`)
  return result.problems
}

/** What cannot be reached or started is told without a stack. */
function inWords(error: unknown): readonly string[] {
  return [error instanceof Error ? error.message : String(error)]
}

async function hold(): Promise<readonly string[]> {
  const result = await holdStreams(options, say)
  if (options.jsonPath !== null) await writeFile(options.jsonPath, `${JSON.stringify({ options, result }, null, 2)}\n`)
  return result.flatMap(({ problem }) => (problem === null ? [] : [problem]))
}

function linesOf({ kind, topology, workloads }: LoadOptions, { settled, usage, problems }: ScenarioResult): string[] {
  const name = `${kind} ${topology} ${workloads.join()}`
  const records = problems.length === 0 ? ['the records agree, and nothing is lost'] : []
  if (usage === null) return [`${name}: ${settled} answers`, ...records]
  const { cpuSeconds, residentMegabytes, residentMegabytesMax } = usage
  const perSecond = settled / cpuSeconds
  return [
    `${name}: ${settled} answers for ${cpuSeconds.toFixed(1)} s of CPU: ${perSecond.toFixed(0)} per core-second, ${(1_000 / perSecond).toFixed(2)} ms each`,
    `${name}: memory ${residentMegabytes.toFixed(0)} MB, at most ${residentMegabytesMax.toFixed(0)} MB`,
    ...records,
  ]
}

function optionsOrExit(): LoadOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(2)
  }
}

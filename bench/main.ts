import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describeMachine, takeLoadCore } from './measure/machine.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import type { Measurements } from './report/measurements.ts'
import { reportLines } from './report/print.ts'
import type { Results } from './report/results.ts'
import { comparedWithPeer, summarise } from './report/summary.ts'
import { judgeTargets } from './report/targets.ts'
import { runBenchmark } from './run-benchmark.ts'
import { REPOSITORY } from './subjects/repository.ts'

process.exitCode = await main(process.argv.slice(2))

/** 0 when all that was asked for was measured, whatever the figures; 1 otherwise; 2 for options that make no sense. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options
  try {
    options = parseOptions(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`)
    return 2
  }
  // Signals end the process by way of `exit`, which ends every process that the benchmark has started.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130))
  const parent = join(REPOSITORY, '.cache/bench')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'run-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

  const { totalMs } = options.durations
  const watchdog = setTimeout(() => giveUp(totalMs), totalMs)

  takeLoadCore()
  const startedAt = new Date()
  const measurements = await runBenchmark({ options, folder, say: (line) => process.stderr.write(`${line}\n`) })
  clearTimeout(watchdog)
  const results = judge(measurements, { options, startedAt })
  process.stdout.write(`${reportLines(results).join('\n')}\n\nwritten to ${relative(process.cwd(), write(results))}\n`)
  return results.problems.length === 0 ? 0 : 1
}

function giveUp(afterMs: number): never {
  process.stderr.write(`the benchmark was not done after ${afterMs / 1_000} seconds and gives up\n`)
  process.exit(1)
}

function judge(measurements: Measurements, { options, startedAt }: { options: Options; startedAt: Date }): Results {
  const { rounds } = measurements
  const summary = summarise(rounds)
  const ratiosToPeer: Partial<Record<'parley' | 'parley-split', ReturnType<typeof comparedWithPeer>>> = {}
  for (const name of ['parley', 'parley-split'] as const) {
    if (summary[name] && summary.portkey) ratiosToPeer[name] = comparedWithPeer(rounds, name, 'portkey')
  }
  return {
    schema: 'parley-bench-1',
    startedAt: startedAt.toISOString(),
    elapsedS: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    machine: describeMachine(),
    options: { ...options, workloads: [...options.workloads] },
    summary,
    ratiosToPeer,
    targets: judgeTargets(measurements),
    ...measurements,
  }
}

function write(results: Results): string {
  const folder = join(REPOSITORY, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${results.startedAt.replaceAll(':', '-')}.json`)
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`)
  return path
}

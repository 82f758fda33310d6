import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { k6 } from '../../../scripts/tools/k6.ts'
import { repositoryFolder } from '../../harness/spawned-program.ts'

export interface K6Run {
  /** The file in `scenarios/`, without its ending. */
  readonly scenario: string
  readonly env: Readonly<Record<string, string>>
  /** After which it is ended, whatever it is doing. */
  readonly timeoutMs: number
}

export interface K6Outcome {
  /** True when every threshold was kept. */
  readonly isKept: boolean
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Why k6 cannot run here; null when it can. */
export function k6Absence(): string | null {
  return findK6() === null ? 'k6 is not here: run `npm run tools -- k6`' : null
}

/** Runs a scenario file and passes on what k6 says of it. */
export async function runK6({ scenario, env, timeoutMs }: K6Run): Promise<K6Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-load-'))
  const summary = join(folder, 'summary.json')
  const file = join(import.meta.dirname, '..', 'scenarios', `${scenario}.ts`)
  const args = ['run', '--quiet', '--no-usage-report', '--address=', `--summary-export=${summary}`, file]
  try {
    const child = spawn(findK6() ?? 'k6', args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: timeoutMs,
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (code !== 0 && code !== thresholdsCrossed) throw new Error(`k6 ended with ${code ?? 'a signal'}`)
    return { isKept: code === 0, metrics: JSON.parse(await readFile(summary, 'utf8')).metrics }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const thresholdsCrossed = 99

function findK6(): string | null {
  return k6.find(join(repositoryFolder, '.cache', 'tools'))
}

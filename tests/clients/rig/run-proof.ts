import type { Options } from '../options.ts'
import type { ClientOutcome, ProofOutcome } from '../outcome.ts'
import { runClient } from './run-client.ts'
import { startBed } from './start-bed.ts'

/** Runs the chosen clients one after another against one Parley. The clients are installed already. */
export async function runProof(
  { topology, clients }: Pick<Options, 'topology' | 'clients'>,
  say: (line: string) => void,
): Promise<ProofOutcome> {
  await using bed = await startBed(topology)
  const outcomes: ClientOutcome[] = []
  for (const client of clients) {
    say(client.title)
    const outcome = await runClient(client, {
      bed,
      tell: ({ capability, name, status, reason, durationMs }) =>
        say(
          `  ${status === 'passed' ? '✓' : '✗'} ${capability}: ${name} (${durationMs} ms)${reason ? `\n      ${reason}` : ''}`,
        ),
    })
    if (outcome.skipped !== null) say(`  – ${outcome.skipped}`)
    outcomes.push(outcome)
  }
  return { topology, date: new Date().toISOString().slice(0, 10), clients: outcomes }
}

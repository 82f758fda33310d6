import { setTimeout as delay } from 'node:timers/promises'
import { reconcile } from '../../../packages/cli/commands/reconcile.ts'

const settleWithinMs = 60_000
const pollMs = 500

/**
 * What the records say that must not be, once what was under way has ended: records that disagree with each other, and
 * answers that no ledger row stands for. `settled` is the number of generations that clients have seen in full;
 * `rowsBefore` what the ledger had before.
 */
export async function recordProblems(
  place: { readonly url: string; readonly key: string },
  { settled, rowsBefore, timeoutMs = settleWithinMs }: { settled: number; rowsBefore: number; timeoutMs?: number },
): Promise<string[]> {
  const endsAtMs = performance.now() + timeoutMs
  while (true) {
    const { exceptions, checked } = await reconcileAt(place)
    const rows = (checked['ledger_rows'] ?? 0) - rowsBefore
    const problems = [
      ...exceptions.map(({ kind, id, detail }) => `${kind} ${id}: ${detail}`),
      ...(rows < settled ? [`clients have seen ${settled} answers, the ledger has ${rows}`] : []),
    ]
    if (problems.length === 0 || performance.now() > endsAtMs) return problems
    await delay(pollMs)
  }
}

export async function countLedgerRows(place: { readonly url: string; readonly key: string }): Promise<number> {
  return (await reconcileAt(place)).checked['ledger_rows'] ?? 0
}

function reconcileAt({ url, key }: { readonly url: string; readonly key: string }) {
  return reconcile({ PARLEY_URL: url, PARLEY_API_KEY: key }, { graceSeconds: 0 })
}

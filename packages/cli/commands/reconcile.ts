import type { Env } from '@parley/chassis/config/env-reader.ts'
import { createAskGateway } from './ask-gateway.ts'

const pageRows = 100
/** A page is at most a hundred rows: a hundred million rows, then somebody should look. */
const pagesMax = 1_000_000

interface Exception {
  readonly kind: string
  readonly tenant: string
  readonly id: string
  readonly detail: string
}

interface Page {
  readonly exceptions: Exception[]
  readonly checked: Readonly<Record<string, number>>
  readonly next: string | null
}

export interface Reconciled {
  readonly exceptions: readonly Exception[]
  readonly checked: Readonly<Record<string, number>>
}

/**
 * Goes through the records of every service, page by page, until all were seen. `graceSeconds`: what changed within that
 * time may still be under way.
 */
export async function reconcile(env: Env, { graceSeconds }: { graceSeconds: number }): Promise<Reconciled> {
  const ask = createAskGateway(env)
  const exceptions: Exception[] = []
  const checked: Record<string, number> = {}
  let cursor: string | null = null
  for (let pages = 0; pages < pagesMax; pages++) {
    const query = new URLSearchParams({ limit: String(pageRows), grace_seconds: String(graceSeconds) })
    if (cursor !== null) query.set('cursor', cursor)
    const page: Page = await ask(`/parley/reconciliation?${query}`)
    exceptions.push(...page.exceptions)
    for (const [name, count] of Object.entries(page.checked)) checked[name] = (checked[name] ?? 0) + count
    if (page.next === null) return { exceptions, checked }
    cursor = page.next
  }
  throw new Error(`gave up after ${pagesMax} pages`)
}

/** For people: one line per exception, then what was looked at. */
export function reconciledText({ exceptions, checked }: Reconciled): string {
  const lines = exceptions.map(({ kind, tenant, id, detail }) => [kind, tenant, id, detail].join('  '))
  const counts = Object.entries(checked).map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
  const verdict = exceptions.length === 0 ? 'everything agrees' : `${exceptions.length} exceptions`
  return [...lines, `${verdict}: looked at ${counts.join(', ')}`].join('\n')
}

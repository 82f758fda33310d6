import { type Capability, capabilities } from '../clients.ts'
import type { ClientOutcome, ProofOutcome } from '../outcome.ts'

/**
 * ✓ when every check passed, (✓) when they allow for what the client does otherwise, ✗ when one failed, – when the client
 * has no such check or was not run.
 */
export function markOf({ client, checks }: ClientOutcome, capability: Capability): '✓' | '(✓)' | '✗' | '–' {
  const own = checks.filter((check) => check.capability === capability)
  if (own.length === 0) return '–'
  if (!own.every(({ status }) => status === 'passed')) return '✗'
  return client.differs?.[capability] === undefined ? '✓' : '(✓)'
}

/** The table of one run in Markdown, with the reason of every – and ✗ below it. */
export function toMarkdown(proof: ProofOutcome): string {
  const header = ['client', 'version', ...capabilities, 'checks']
  const rows = proof.clients.map((outcome) => [
    outcome.client.title,
    outcome.version,
    ...capabilities.map((capability) => markOf(outcome, capability)),
    String(outcome.checks.length),
  ])
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [line(header), line(header.map(() => '---')), ...rows.map(line)]
  const notes = proof.clients.flatMap(toNotes)
  return [...table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}

function toNotes({ client, skipped, checks }: ClientOutcome): string[] {
  if (skipped !== null) return [`- – ${client.title}: ${oneLine(skipped)}`]
  const lacks = capabilities.flatMap((capability) => {
    const reason = client.lacks[capability]
    return reason === undefined ? [] : [`- – ${client.title}, ${capability}: ${reason}`]
  })
  const differences = capabilities.flatMap((capability) => {
    const reason = client.differs?.[capability]
    return reason === undefined ? [] : [`- (✓) ${client.title}, ${capability}: ${reason}`]
  })
  const failures = checks
    .filter(({ status }) => status === 'failed')
    .map(({ capability, name, reason }) => `- ✗ ${client.title}, ${capability}: ${name}: ${oneLine(reason ?? '')}`)
  return [...lacks, ...differences, ...failures]
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

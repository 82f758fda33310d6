import type { ProofOutcome, Topology } from '../outcome.ts'
import { toMarkdown } from './table.ts'

const titles: Readonly<Record<Topology, string>> = { one: 'One process', split: 'A process per service' }

/** The text with the table between the markers of the run's topology replaced. Throws when the markers are missing. */
export function withTable(text: string, proof: ProofOutcome): string {
  const opening = `<!-- clients ${proof.topology} -->`
  const closing = `<!-- /clients ${proof.topology} -->`
  const start = text.indexOf(opening)
  const end = text.indexOf(closing)
  if (start < 0 || end < start) throw new Error(`the markers ${opening} and ${closing} are missing`)
  const section = `${opening}\n${titles[proof.topology]}, run on ${proof.date}:\n\n${toMarkdown(proof)}\n`
  return `${text.slice(0, start)}${section}${text.slice(end)}`
}

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pair } from './define-pair.ts'

const folder = join(import.meta.dirname, '..', 'pacts')

export function pactName({ consumer, provider }: Pick<Pair, 'consumer' | 'provider'>): string {
  return `${consumer}-${provider}.json`
}

/** The pact of a pair as it is kept in the repository. */
export function pactFile(pair: Pick<Pair, 'consumer' | 'provider'>): string {
  return join(folder, pactName(pair))
}

export async function listPacts(): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter((name) => name.endsWith('.json')).sort()
}

/** The text of a pact, without the versions of the tools that wrote it. */
export async function readPact(file: string): Promise<string> {
  const pact = JSON.parse(await readFile(file, 'utf8'))
  const { pactSpecification } = pact.metadata
  return `${layOut({ ...pact, metadata: { pactSpecification } })}\n`
}

/** The pact that was recorded in `recorded`, beside the one that is kept. UPDATE_PACTS=1 keeps the recorded one. */
export async function comparePact(pair: Pair, recorded: string): Promise<{ recorded: string; kept: string }> {
  const text = await readPact(join(recorded, pactName(pair)))
  if (process.env['UPDATE_PACTS'] === '1') await writeFile(pactFile(pair), text)
  const kept = await readFile(pactFile(pair), 'utf8').catch(() => '')
  return { recorded: text, kept }
}

const lineCharsMax = 120

/** JSON with as much on a line as fits. */
function layOut(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= lineCharsMax) return flat
  const deeper = `${indent}  `
  const lay = (entry: unknown) => layOut(entry, deeper)
  const entries = Array.isArray(value)
    ? value.map(lay)
    : Object.entries(value).map(([name, entry]) => `${JSON.stringify(name)}: ${lay(entry)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${entries.map((entry) => deeper + entry).join(',\n')}\n${indent}${close}`
}

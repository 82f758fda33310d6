import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface Page {
  /** Relative to the repository, with forward slashes. */
  file: string
  text: string
}

/** The documentation: README files everywhere and all pages below `docs/`. */
export function readPages(root: string): Page[] {
  const patterns = ['*.md', 'docs/**/*.md', '{packages,services,apps,tests,bench,deploy}/**/*.md']
  const files = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', 'bench/results/**'] })
  return files
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))
}

/** The text without fenced blocks and code spans, in which nothing is a link or a heading. Line numbers are kept. */
export function withoutCode(text: string): string {
  return text
    .replace(/^( *)(```+|~~~+).*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]+`/g, '')
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const fenceless = text.replace(/^( *)(```+|~~~+).*\n[\s\S]*?^\1\2 *$/gm, '')
  for (const [, heading = ''] of fenceless.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    for (let copy = 0; ; copy++) {
      const candidate = copy === 0 ? anchor : `${anchor}-${copy}`
      if (anchors.has(candidate)) continue
      anchors.add(candidate)
      break
    }
  }
  return anchors
}

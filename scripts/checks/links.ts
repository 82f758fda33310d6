import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { anchorsOf, type Page, readPages, withoutCode } from './markdown.ts'

/** Relative links of the documentation that lead nowhere. */
export async function findLinkProblems(root: string): Promise<string[]> {
  const pages = readPages(root)
  if (!pages.some(({ file }) => file === 'README.md')) return ['README.md is missing']
  return pages.flatMap((page) =>
    linksOf(page)
      .map(({ target, line }) => ({ line, reason: reasonOfDeadLink(root, page, target) }))
      .filter(({ reason }) => reason !== null)
      .map(({ line, reason }) => `${page.file}:${line} ${reason}`),
  )
}

function linksOf({ text }: Page): { target: string; line: number }[] {
  const inline = /!?\[[^\]]*\]\(<?([^)<>\s]+)>?(?:\s+"[^"]*")?\)/g
  const definition = /^\[[^\]]+\]:\s*<?(\S+?)>?\s*$/g
  return withoutCode(text)
    .split('\n')
    .flatMap((content, index) =>
      [...content.matchAll(inline), ...content.matchAll(definition)].map(([, target = '']) => ({
        target,
        line: index + 1,
      })),
    )
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target))
}

function reasonOfDeadLink(root: string, page: Page, target: string): string | null {
  const [location = '', anchor] = target.split('#')
  const absolute = location.startsWith('/')
    ? path.join(root, location)
    : path.resolve(root, path.dirname(page.file), decodeURIComponent(location))
  const file = location === '' ? path.join(root, page.file) : absolute
  if (!existsSync(file)) return `links to ${target}, which does not exist`
  if (anchor === undefined || !file.endsWith('.md') || statSync(file).isDirectory()) return null
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? null : `links to ${target}, which has no such heading`
}

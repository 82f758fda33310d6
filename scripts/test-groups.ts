import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Where test files share a process with those beside them: what they import is loaded and compiled once, which is most
 * of what a small test costs. A file in several of these belongs to the first. What is in none has a process of its own:
 * it changes its process, or takes so long that others should run beside it.
 */
const shared: readonly RegExp[] = [
  /^(packages\/chassis\/test\/events)\//,
  /^(packages\/[^/]+|services\/[^/]+|bench)\//,
  /^(tests\/conformance\/(?:extracted|one-process|split))/,
  /^(tests\/(?:configuration|contracts|discovery|rollout))\//,
]

/** One file for Node's test runner per process: the file itself, or one that imports those which share a process. */
export function groupTests(root: string, files: readonly string[]): string[] {
  const groups = Map.groupBy(files, (file) => nameOf(file))
  return [...groups].map(([name, members]) => {
    const [only] = members
    return members.length === 1 && only !== undefined ? only : writeGroup(root, name, members)
  })
}

function nameOf(file: string): string {
  for (const pattern of shared) {
    const name = pattern.exec(file)?.[1]
    if (name !== undefined) return name
  }
  return file
}

/** Named after what is in it: a run with other files beside this one leaves it as it is. */
function writeGroup(root: string, name: string, members: readonly string[]): string {
  const text = members.map((member) => `import '../../${member}'\n`).join('')
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  const file = `.cache/tests/${name.replaceAll('/', '-')}-${hash}.test.ts`
  mkdirSync(path.join(root, '.cache/tests'), { recursive: true })
  if (!existsSync(path.join(root, file))) writeFileSync(path.join(root, file), text)
  return file
}

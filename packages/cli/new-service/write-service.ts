import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ServicePlan } from './plan-service.ts'

/**
 * Writes a planned service, makes its package known to Node, and lets the formatter go over what was written. A file that
 * has come into being since it was planned is left as it is: the writing of it fails.
 */
export async function writeService(root: string, name: string, { created, changed }: ServicePlan): Promise<void> {
  for (const [file, text] of created) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text, { flag: 'wx' })
  }
  for (const [file, text] of changed) await writeFile(join(root, file), text)
  const packages = join(root, 'node_modules/@parley')
  // A link, as npm makes it: Node does not run the TypeScript of packages that are copied there.
  if (existsSync(packages)) await symlink(join('..', '..', 'services', name), join(packages, name), 'junction')
  await format(root, [...created.keys(), ...changed.keys()])
}

async function format(root: string, files: readonly string[]): Promise<void> {
  const formatter = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const code = files.filter((file) => file.endsWith('.ts'))
  if (!existsSync(formatter)) return
  await promisify(execFile)(process.execPath, [formatter, 'check', '--write', ...code], { cwd: root })
}

import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Of the program, and so of its images. */
export function readVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return version
}

import { existsSync } from 'node:fs'
import path from 'node:path'

/** Where the installer of Go puts it; a shell that is not a login shell may not look there. */
const usualFolder = '/usr/local/go/bin'

/** The PATH with which Go is found wherever it is installed; the one that it was given when Go is on it. */
export function pathWithGo(given: string): string {
  const isThere = (folder: string) => existsSync(path.join(folder, 'go')) || existsSync(path.join(folder, 'go.exe'))
  const folders = given.split(path.delimiter)
  return folders.some(isThere) || !isThere(usualFolder) ? given : [...folders, usualFolder].join(path.delimiter)
}

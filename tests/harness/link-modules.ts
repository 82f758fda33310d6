import { copyFileSync, existsSync, globSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { repositoryFolder } from './spawned-program.ts'

/** Gives a copy of the house its `node_modules`: libraries are those of the repository, workspaces those of the copy. */
export function linkModules(root: string): void {
  const modules = path.join(repositoryFolder, 'node_modules')
  mkdirSync(path.join(root, 'node_modules/@parley'), { recursive: true })
  for (const name of readdirSync(modules).filter((entry) => entry !== '@parley' && !entry.startsWith('.'))) {
    symlinkSync(path.join(modules, name), path.join(root, 'node_modules', name), 'junction')
  }
  // What npm knows of the installation is written to when a workspace is added.
  const known = path.join(modules, '.package-lock.json')
  if (existsSync(known)) copyFileSync(known, path.join(root, 'node_modules/.package-lock.json'))
  for (const manifest of globSync('{packages,services,apps}/*/package.json', { cwd: root })) {
    const folder = path.dirname(manifest)
    symlinkSync(path.join(root, folder), path.join(root, 'node_modules/@parley', path.basename(folder)), 'junction')
    const own = path.join(repositoryFolder, folder, 'node_modules')
    const place = path.join(root, folder, 'node_modules')
    if (existsSync(own) && !existsSync(place)) symlinkSync(own, place, 'junction')
  }
}

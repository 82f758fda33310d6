import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { linkModules } from '../harness/link-modules.ts'
import { repositoryFolder } from '../harness/spawned-program.ts'

/** The repository as it is now, in a temporary folder where it can be changed; gone when it is disposed of. */
export interface CopiedHouse extends Disposable {
  readonly root: string
}

export function copyHouse(): CopiedHouse {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'parley-house-')))
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: repositoryFolder, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
  for (const file of new Set(files.split('\0'))) {
    const source = path.join(repositoryFolder, file)
    if (file === '' || !existsSync(source)) continue
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    cpSync(source, path.join(root, file), { verbatimSymlinks: true })
  }
  linkModules(root)
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

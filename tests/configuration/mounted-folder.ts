import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder as Kubernetes mounts ConfigMaps and Secrets: each file is a link through `..data`, itself a link to a folder of
 * one state, so that renaming one link changes all files at once.
 */
export class MountedFolder implements AsyncDisposable {
  readonly path: string
  #state = 0

  private constructor(path: string) {
    this.path = path
  }

  static async create(files: Readonly<Record<string, string>>): Promise<MountedFolder> {
    const folder = new MountedFolder(await mkdtemp(join(tmpdir(), 'parley-mounted-')))
    await folder.replace(files)
    for (const name of Object.keys(files)) await symlink(join('..data', name), folder.file(name))
    return folder
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** What the kubelet does when the object has changed. */
  async replace(files: Readonly<Record<string, string>>): Promise<void> {
    const before = `..state_${this.#state}`
    const state = `..state_${++this.#state}`
    await mkdir(this.file(state))
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.file(state), name), text)
    await symlink(state, this.file('..data_tmp'))
    await rename(this.file('..data_tmp'), this.file('..data'))
    await rm(this.file(before), { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

import { stat } from 'node:fs/promises'

export interface FileWatchOptions {
  /** 0 for never. */
  readonly pollMs: number
  readonly onChange: () => void
}

/**
 * Looks at files again and again and tells when one is another than before. What a path leads to is compared, so a file
 * that is written anew, replaced, or swapped through a symbolic link further up (as Kubernetes does with mounted ConfigMaps
 * and Secrets) is noticed on any file system.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #known = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  /** Watches these from now on, and no others. Without any, nothing is done and nothing is paid for. */
  async watch(paths: readonly string[]): Promise<void> {
    for (const path of this.#known.keys()) if (!paths.includes(path)) this.#known.delete(path)
    for (const path of paths) if (!this.#known.has(path)) this.#known.set(path, await identify(path))
    const { pollMs } = this.#options
    if (pollMs === 0 || paths.length === 0) this.stop()
    else this.#timer ??= setInterval(() => void this.look(), pollMs).unref()
  }

  async look(): Promise<void> {
    let changed = false
    for (const [path, before] of this.#known) {
      const now = await identify(path)
      if (now !== before && this.#known.has(path)) {
        this.#known.set(path, now)
        changed = true
      }
    }
    if (changed) this.#options.onChange()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

async function identify(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return 'absent'
  }
}

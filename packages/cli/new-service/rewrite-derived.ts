import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

interface Derived {
  readonly what: string
  /** Writes it, or prints it where `printed` says into which file that goes. */
  readonly program: readonly [main: string, ...args: string[]]
  readonly printed?: string
}

/** Programs that write files of the repository from the definitions of services. */
export const derived: readonly Derived[] = [
  { what: 'Dockerfiles', program: ['scripts/images.ts', 'write'] },
  { what: 'deploy/compose', program: ['packages/cli/main.ts', 'deploy', 'compose'] },
  { what: 'deploy/kubernetes', program: ['packages/cli/main.ts', 'deploy', 'kubernetes'] },
  {
    what: 'docs/configuration.md',
    program: ['packages/cli/main.ts', 'config', 'reference'],
    printed: 'docs/configuration.md',
  },
]

/** Writes them anew. Each runs as a program of its own, which sees the service that this process has not loaded. */
export async function rewriteDerived(root: string): Promise<void> {
  for (const { program, printed } of derived) {
    const [main, ...args] = program
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, main), ...args], { cwd: root })
    if (printed !== undefined) await writeFile(join(root, printed), stdout)
  }
}

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Programs that write files of the repository from the definitions of services, and what they write. */
export const derived = [
  { what: 'Dockerfiles', program: ['scripts/images.ts', 'write'] },
  { what: 'deploy/compose', program: ['packages/cli/main.ts', 'deploy', 'compose'] },
  { what: 'deploy/kubernetes', program: ['packages/cli/main.ts', 'deploy', 'kubernetes'] },
] as const

/** Writes them anew. Each runs as a program of its own, which sees the service that this process has not loaded. */
export async function rewriteDerived(root: string): Promise<void> {
  for (const { program } of derived) {
    const [main, ...args] = program
    await promisify(execFile)(process.execPath, [join(root, main), ...args], { cwd: root })
  }
}

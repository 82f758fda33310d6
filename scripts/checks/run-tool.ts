import { spawn } from 'node:child_process'
import path from 'node:path'

const repository = path.resolve(import.meta.dirname, '../..')

export interface ToolOutcome {
  ok: boolean
  stdout: string
  /** Both streams in the order in which they came, for people. */
  output: string
}

/** Runs a JavaScript tool of this repository's node_modules in `root`. */
export async function runTool(root: string, tool: string, args: readonly string[]): Promise<ToolOutcome> {
  return runNode(root, [path.join(repository, 'node_modules', tool), ...args])
}

/** Runs this very Node in `root` and keeps what it says. */
export async function runNode(root: string, args: readonly string[]): Promise<ToolOutcome> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    output.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  child.on('error', reject)
  child.on('close', (code) => resolve(code === 0))
  const ok = await promise
  return { ok, stdout: Buffer.concat(stdout).toString(), output: Buffer.concat(output).toString().trimEnd() }
}

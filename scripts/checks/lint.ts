import { runTool } from './run-tool.ts'

const biome = '@biomejs/biome/bin/biome'

export async function findLintProblems(root: string, files: readonly string[] = ['.']): Promise<string[]> {
  const options = ['--error-on-warnings', '--max-diagnostics=40']
  const { ok, output } = await runTool(root, biome, ['check', ...options, ...files])
  return ok ? [] : [output]
}

/** Formats and applies the fixes that keep the meaning; prints what is left. Returns an exit code. */
export async function fixLint(root: string): Promise<number> {
  const { ok, output } = await runTool(root, biome, ['check', '--write', '--error-on-warnings', '.'])
  console.log(output)
  return ok ? 0 : 1
}

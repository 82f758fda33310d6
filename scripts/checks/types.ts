import { runTool } from './run-tool.ts'

export async function findTypeProblems(root: string): Promise<string[]> {
  const { ok, output } = await runTool(root, '@typescript/native/bin/tsc', ['-p', '.'])
  return ok ? [] : [output]
}

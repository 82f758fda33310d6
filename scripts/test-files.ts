import { globSync } from 'node:fs'

export const unitTests = [
  ...['packages', 'services', 'apps'].map((folder) => `${folder}/*/test/**/*.test.ts`),
  'bench/test/**/*.test.ts',
]
export const allTests = [...unitTests, 'tests/**/*.test.ts']

const timeoutMs = 3 * 60 * 1_000

/** How Node's test runner is started, whoever asks for it. */
export const runnerOptions = ['--test', '--test-concurrency=3', `--test-timeout=${timeoutMs}`]

/** Test files below `root`, in a stable order, with forward slashes. */
export function findTests(root: string, patterns: readonly string[]): string[] {
  const files = globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', 'tests/fixtures/**'] })
  return files.map((file) => file.replaceAll('\\', '/')).sort()
}

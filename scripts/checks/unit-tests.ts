import { findTests, runnerOptions, unitTests } from '../test-files.ts'
import { groupTests } from '../test-groups.ts'
import { runNode } from './run-tool.ts'

/** The tests of single packages and services; suites that need several services run with `npm test`. */
export async function findUnitTestProblems(root: string): Promise<string[]> {
  const files = findTests(root, unitTests)
  if (files.length === 0) return ['no test was found']
  const { ok, output } = await runNode(root, [...runnerOptions, '--test-reporter=dot', ...groupTests(root, files)])
  return ok ? [] : [output]
}

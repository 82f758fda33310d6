import path from 'node:path'
import { findArrowProblems } from './checks/arrows.ts'
import { findDashboardProblems } from './checks/dashboards.ts'
import { findDependencyProblems } from './checks/dependencies.ts'
import { findDeploymentProblems } from './checks/deployments.ts'
import { findErrorCodeProblems } from './checks/error-codes.ts'
import { findLinkProblems } from './checks/links.ts'
import { findLintProblems, fixLint } from './checks/lint.ts'
import { runSteps, type Step } from './checks/run-steps.ts'
import { findTypeProblems } from './checks/types.ts'
import { findUnitTestProblems } from './checks/unit-tests.ts'
import { findWordProblems } from './checks/words.ts'
import { findDockerfileProblems } from './images/dockerfile-problems.ts'

const root = path.dirname(import.meta.dirname)

const staticSteps: Step[] = [
  { name: 'types', find: findTypeProblems },
  { name: 'arrows', find: findArrowProblems },
  { name: 'format and lint', find: findLintProblems },
  { name: 'links', find: findLinkProblems },
  { name: 'error codes', find: findErrorCodeProblems },
  { name: 'dependencies', find: findDependencyProblems },
  { name: 'words', find: findWordProblems },
  { name: 'deployments', find: findDeploymentProblems },
  { name: 'Dockerfiles', find: findDockerfileProblems },
  { name: 'dashboards', find: findDashboardProblems },
]

const testSteps: Step[] = [{ name: 'unit tests', find: findUnitTestProblems }]

if (process.argv.includes('--fix')) {
  process.exitCode = await fixLint(root)
} else {
  const startedMs = performance.now()
  // The tests come after everything else: what they measure should not depend on a compiler beside them.
  const failed = [...(await runSteps(root, staticSteps, 2)), ...(await runSteps(root, testSteps, 1))]
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  console.log(
    failed.length === 0 ? `\nall well after ${seconds} s` : `\nfailed after ${seconds} s: ${failed.join(', ')}`,
  )
  process.exitCode = failed.length === 0 ? 0 : 1
}

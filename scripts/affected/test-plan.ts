import type { Affected } from './find-affected.ts'

/** One job: a name for people, and what `npm test` is told. */
export interface TestJob {
  readonly name: string
  readonly paths: string
}

/** Suites that look at the public API as a whole; any change of a service may be seen there. */
const wholeSystem = ['tests/conformance/one-process.test.ts', 'tests/contracts/']

/**
 * The jobs that show whether a change broke something: the own tests of each workspace, the journeys with each service
 * extracted, and suites that were changed. The full suite runs before a merge, whatever was changed.
 */
export function planTests({ workspaces, services, suites }: Affected): TestJob[] {
  const own = workspaces.map((folder) => ({ name: folder, paths: `${folder}/test/` }))
  const extracted = services
    .filter((service) => service !== 'database')
    .map((service) => ({
      name: `journeys with ${service} extracted`,
      paths: `tests/conformance/extracted-${service}.test.ts`,
    }))
  const system = services.length === 0 ? [] : [{ name: 'contracts and journeys', paths: wholeSystem.join(' ') }]
  const changed = suites.filter((suite) => suite !== '.').map((suite) => ({ name: suite, paths: `tests/${suite}/` }))
  return [...own, ...extracted, ...system, ...changed]
}

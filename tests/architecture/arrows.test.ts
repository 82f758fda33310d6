import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { findArrowProblems } from '../../scripts/checks/arrows.ts'
import { buildPlantedHouse, type PlantedHouse, repository } from './planted-house.ts'

/** What the check must say about each planted file; about the others it must say nothing. */
const expected: Record<string, string[]> = {
  'packages/catalog/imports-composition.ts': ['catalog-lists-contracts', 'composition-is-for-programs'],
  'packages/chassis/config/imports-service.ts': ['packages-know-no-service'],
  'packages/chassis/config/imports-test.ts': ['tests-are-not-product'],
  'packages/chassis/values/imports-node-module.ts': ['values-stand-alone'],
  'packages/kernel/imports-chassis.ts': ['kernel-is-a-model'],
  'services/planted/infrastructure/imports-composition.ts': ['composition-is-for-programs'],
  'services/planted/infrastructure/imports-own-program.ts': ['programs-are-not-imported'],
  'services/request/infrastructure/cycle-one.ts': ['no-cycles'],
  'services/request/infrastructure/imports-absent-file.ts': ['imports-resolve'],
  'services/request/infrastructure/imports-other-domain-by-name.ts': ['imports-resolve', 'services-meet-at-contracts'],
  'services/request/infrastructure/imports-other-domain.ts': ['services-meet-at-contracts'],
  'services/request/infrastructure/imports-test-library.ts': ['product-needs-no-tool'],
  'services/request/infrastructure/imports-undeclared-library.ts': ['libraries-are-declared'],
  'services/session/application/imports-adapter.ts': ['application-knows-ports-only'],
  'services/session/application/imports-driver.ts': ['application-knows-ports-only'],
  'services/session/application/runs-chassis-code.ts': ['application-takes-chassis-types-only'],
  'services/session/domain/imports-application.ts': ['domain-is-pure'],
  'services/session/domain/imports-driver-type.ts': ['domain-is-pure'],
  'services/session/domain/imports-framework.ts': ['domain-is-pure', 'libraries-are-declared'],
  'services/session/domain/imports-node-module.ts': ['domain-is-pure'],
  'services/session/infrastructure/imports-interface.ts': ['adapters-know-no-interface'],
  'services/session/interface/imports-adapter.ts': ['interface-knows-no-adapter'],
}

/** Kept from the check by its configuration; nothing imports it. */
const unread = 'services/session/interface/unread-call.ts'

test('no file of the house imports against its direction, and every file is seen', async (t: TestContext) => {
  t.assert.deepStrictEqual(await findArrowProblems(repository), [])
})

suite('a planted import turns the check red', () => {
  let house: PlantedHouse
  let found: string[]
  let problems: Problem[]

  before(async () => {
    house = buildPlantedHouse()
    const config = path.join(house.root, '.dependency-cruiser.mjs')
    writeFileSync(config, readFileSync(config, 'utf8').replace('^tests/fixtures/planted/', `^${unread}`))
    found = await findArrowProblems(house.root)
    problems = found.map(parse)
  })
  after(() => house[Symbol.dispose]())

  for (const [file, rules] of Object.entries(expected)) {
    test(`${file}: ${rules.join(', ')}`, (t: TestContext) => {
      const named = problems.filter(({ from }) => from === file).map(({ rule }) => rule)
      t.assert.deepStrictEqual(named.sort(), rules)
    })
  }

  test('a planted file that keeps the rules is not named', (t: TestContext) => {
    const innocent = house.planted.filter((file) => !(file in expected))
    t.assert.ok(innocent.length > 5)
    t.assert.deepStrictEqual(
      problems.filter(({ from }) => innocent.includes(from)),
      [],
    )
  })

  test('so does a file that is not read', (t: TestContext) => {
    t.assert.deepStrictEqual(
      found.filter((problem) => problem.startsWith('unseen:')),
      [`unseen: dependency-cruiser did not read ${unread}`],
    )
  })
})

interface Problem {
  rule: string
  from: string
}

function parse(problem: string): Problem {
  const [rule = '', from = ''] = problem.split(/: | → /)
  return { rule, from }
}

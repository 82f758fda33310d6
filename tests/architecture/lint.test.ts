import { after, before, suite, type TestContext, test } from 'node:test'
import { findLintProblems } from '../../scripts/checks/lint.ts'
import { buildPlantedHouse, type PlantedHouse } from './planted-house.ts'

/** A planted file, and the words with which the lint refuses it. */
const expected: Record<string, RegExp> = {
  'services/session/domain/reads-clock.ts': /read no clock/,
  'services/session/domain/makes-date.ts': /read no clock/,
  'services/session/application/draws-random-number.ts': /draw no random numbers/,
  'services/session/application/reads-environment.ts': /noRestrictedGlobals/,
  'services/session/application/starts-timer.ts': /noRestrictedGlobals/,
  'services/session/application/starts-hidden-timer.ts': /start no timers/,
  'services/session/infrastructure/leaves-promise-alone.ts': /noFloatingPromises/,
  'services/session/infrastructure/takes-anything.ts': /noExplicitAny/,
}

suite('a planted smell turns the lint red', () => {
  let house: PlantedHouse
  let findings: string[]

  before(async () => {
    house = buildPlantedHouse()
    const output = (await findLintProblems(house.root, house.planted)).join('\n')
    findings = output.split(/^(?=\S+:\d+:\d+ )/m).filter((finding) => /^\S+\.ts:/.test(finding))
  })
  after(() => house[Symbol.dispose]())

  for (const [file, words] of Object.entries(expected)) {
    test(`${file}: ${words.source}`, (t: TestContext) => {
      t.assert.match(findings.filter((finding) => finding.startsWith(`${file}:`)).join('\n'), words)
    })
  }

  test('a planted file without one is not named', (t: TestContext) => {
    const named = findings.map((finding) => finding.slice(0, finding.indexOf(':')))
    t.assert.deepStrictEqual(
      named.filter((file) => !(file in expected)),
      [],
    )
  })
})

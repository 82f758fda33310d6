import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadPact } from './pact/load-pact.ts'
import { comparePact, listPacts, pactName } from './pact/pact-files.ts'
import { expectedOutcome, recordInteraction } from './pact/record-interaction.ts'
import { pairs } from './pairs.ts'

const pact = await loadPact()

for (const pair of pairs) {
  test(`${pair.consumer} uses ${pair.provider} as their pact says`, { skip: pact.skip }, async (t: TestContext) => {
    if (pact.skip !== false) return
    const folder = await mkdtemp(join(tmpdir(), 'parley-pacts-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    for (const interaction of pair.interactions) {
      const outcome = await recordInteraction(pact.library, pair, interaction, folder)
      t.assert.deepStrictEqual(outcome, expectedOutcome(interaction), `${pair.consumer} ${interaction.what}`)
    }
    const { recorded, kept } = await comparePact(pair, folder)
    if (recorded !== kept) t.diagnostic(`UPDATE_PACTS=1 writes ${pactName(pair)} anew`)
    t.assert.deepStrictEqual(recorded.split('\n'), kept.split('\n'))
  })
}

test('there is one pact per pair of services that talk, and no other', async (t: TestContext) => {
  t.assert.deepStrictEqual(await listPacts(), pairs.map(pactName).sort())
})

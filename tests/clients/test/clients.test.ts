import { type TestContext, test } from 'node:test'
import { clients } from '../clients.ts'
import { isInstalled } from '../rig/install.ts'
import { runProof } from '../rig/run-proof.ts'

const skip = (await isInstalled()) ? false : 'the clients are not installed: run `npm run clients` once'

/** The command line programs take minutes: they are left to `npm run clients`. */
const chosen = ['openai', 'anthropic', 'ai-sdk-openai', 'agents']

for (const client of clients.filter(({ id }) => chosen.includes(id))) {
  test(`${client.title} works unmodified`, { skip }, async (t: TestContext) => {
    const { clients: outcomes } = await runProof({ topology: 'one', clients: [client] }, (line) => t.diagnostic(line))
    const checks = outcomes.flatMap((outcome) => outcome.checks)
    t.assert.ok(checks.length > 0)
    t.assert.deepEqual(
      checks.filter(({ status }) => status === 'failed'),
      [],
    )
  })
}

import { testContext } from '@parley/testkit/context.ts'
import type { Provider, States } from '../providers/start-provider.ts'
import type { Pair } from './define-pair.ts'
import { startLineRelay } from './line-relay.ts'
import type { PactLibrary } from './load-pact.ts'
import { pactFile } from './pact-files.ts'

/** Plays the consumer of the kept pact against a running provider. Resolves to every difference, in words. */
export async function findPactProblems({ Verifier }: PactLibrary, pair: Pair, provider: Provider): Promise<string[]> {
  const { url, auth, states } = provider
  const unknown = pair.interactions.flatMap(({ given }) => (given === undefined || given in states ? [] : [given]))
  if (unknown.length > 0) return unknown.map((given) => `${pair.provider} cannot bring about: ${given}`)
  const { principal } = testContext()
  const token = await auth.sign({ caller: pair.consumer, callee: pair.provider, principal })
  await using relay = await startLineRelay(url)
  const broken = new Set<string>()
  const verifier = new Verifier({
    provider: pair.provider,
    providerBaseUrl: relay.url,
    pactUrls: [pactFile(pair)],
    stateHandlers: noting(states, (given, reason) =>
      broken.add(`${pair.provider} cannot bring about ${given}: ${reason}`),
    ),
    // Tokens are too short-lived to stand in a pact.
    customProviderHeaders: { authorization: `Bearer ${token}` },
    logLevel: 'error',
  })
  const problems = await verifier.verifyProvider().then(() => [], readProblems)
  return [...broken, ...problems]
}

/** The verifier goes on when a state fails, as if it had been brought about. */
function noting(states: States, note: (given: string, reason: string) => void): States {
  const noted = Object.entries(states).map(([given, bringAbout]) => {
    const orNote = (error: unknown) => {
      note(given, error instanceof Error ? error.message : String(error))
      return {}
    }
    return [given, () => bringAbout().catch(orNote)]
  })
  return Object.fromEntries(noted)
}

interface Report {
  readonly errors: readonly { interaction: string; mismatch: { mismatches?: readonly Mismatch[] } }[]
}

interface Mismatch {
  readonly mismatch?: string
  readonly path?: string
}

/** The verifier rejects with its whole report as the message; with anything else it could not verify at all. */
function readProblems(error: unknown): string[] {
  const text = error instanceof Error ? error.message : String(error)
  if (!text.startsWith('{')) return [text]
  const { errors } = JSON.parse(text) as Report
  return errors.flatMap(({ interaction, mismatch }) => {
    const what = interaction.replace(/^Verifying a pact between /, '')
    const found = mismatch.mismatches?.map(({ path, mismatch: words, ...rest }) =>
      [what, path, words ?? JSON.stringify(rest)].filter((part) => part !== undefined).join(': '),
    )
    return found ?? [`${what}: ${JSON.stringify(mismatch)}`]
  })
}

import { singleInstance } from '@parley/chassis/contract/callee.ts'
import type { AnyCall, Contract } from '@parley/chassis/contract/define-contract.ts'
import { bindingOf, encodeInput, type Fields, servicePrefix } from '@parley/chassis/contract/http-binding.ts'
import { createInternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { createRemoteClient } from '@parley/chassis/contract/remote-client.ts'
import { AppError, type ErrorCode, errorTable } from '@parley/chassis/values/errors.ts'
import { Pool } from 'undici'
import type { AnyInteraction, ClientOf, Pair } from './define-pair.ts'
import { linesInPact, startLineRelay } from './line-relay.ts'
import type { PactLibrary } from './load-pact.ts'
import { type Ids, like, likeExample, matching, textWithIds, withIds } from './matchers.ts'

/** What came of a consumer's action: a value, or the error it ended with. */
export type Outcome = { readonly makes: unknown } | { readonly fails: ErrorCode }

/**
 * Lets the consumer make its call to Pact's mock provider and writes the interaction to the pact in `folder`. Resolves to
 * what the consumer made of the answer; rejects when it sent anything else than the interaction says.
 */
export async function recordInteraction(
  { PactV4 }: PactLibrary,
  { consumer, provider, contract }: Pair,
  interaction: AnyInteraction,
  folder: string,
): Promise<Outcome> {
  const definition = callOf(contract, interaction)
  const { method, path, query, body } = requestOf(definition, provider, interaction)
  const answer = answerOf(interaction)
  const recorder = new PactV4({ consumer, provider, dir: folder, logLevel: 'error' }).addInteraction()
  if (interaction.given !== undefined) recorder.given(interaction.given)
  const outcome = await recorder
    .uponReceiving(`${consumer} ${interaction.what}`)
    .withRequest(method, path, (request) => {
      request.query(query).headers(headersSent)
      if (body !== null) request.jsonBody(body)
    })
    .willRespondWith(answer.status, (response) => {
      response.jsonBody(answer.body)
      if (answer.isStream) response.headers({ 'content-type': linesInPact })
    })
    .executeTest(async ({ url }) => {
      await using relay = await startLineRelay(url)
      const pool = new Pool(relay.url)
      try {
        return await outcomeOf(interaction.use(clientsOver(pool, consumer)))
      } finally {
        await pool.destroy()
      }
    })
  if (outcome === undefined) throw new Error('the consumer did nothing')
  return outcome
}

/** What the interaction says that the consumer makes of the answer. */
export function expectedOutcome(interaction: AnyInteraction): Outcome {
  const { fails, error, answer, frames } = interaction
  if (fails !== undefined) return { fails }
  if ('makes' in interaction) return { makes: interaction.makes }
  return error === undefined ? { makes: answer ?? frames } : { fails: error }
}

/** Headers of every call between services, as far as callees look at them. */
const headersSent = {
  authorization: matching('^Bearer \\S+$', 'Bearer token'),
  'x-correlation-id': matching('^\\S+$', 'req_1'),
  'x-deadline-ms': matching('^\\d+$', '2000'),
}

function callOf(contract: Contract, { call, error, what }: AnyInteraction): AnyCall {
  const definition = contract.calls[call]
  if (definition === undefined) throw new Error(`${contract.name} has no call ${call}`)
  if (error !== undefined && !definition.errors.includes(error)) {
    throw new Error(`'${what}' expects ${error}, which ${contract.name}.${call} does not declare`)
  }
  return definition
}

function requestOf(definition: AnyCall, provider: string, { input, ids = {} }: AnyInteraction) {
  const { path, body } = encodeInput(definition, input as Fields)
  const url = new URL(servicePrefix(provider) + path, 'http://provider')
  return {
    method: bindingOf(definition).method,
    path: textWithIds(url.pathname, ids),
    query: queryOf(url.searchParams, ids),
    body: body === null ? null : withIds(JSON.parse(body), ids),
  }
}

function queryOf(parameters: URLSearchParams, ids: Ids) {
  return Object.fromEntries([...parameters].map(([name, value]) => [name, textWithIds(value, ids)]))
}

function answerOf({ answer, frames, error }: AnyInteraction) {
  if (frames !== undefined) {
    const lines = frames.map((frame) => ({ frame: likeExample(frame) }))
    const last = error === undefined ? { end: true } : failureOf(error)
    return { status: 200, body: [...lines, last], isStream: true }
  }
  if (error !== undefined) return { status: errorTable[error].status, body: failureOf(error), isStream: false }
  return { status: 200, body: likeExample(answer), isStream: false }
}

function failureOf(code: ErrorCode): object {
  return { error: { code, message: like('What is wrong, in words.') } }
}

function clientsOver(pool: Pool, caller: string): ClientOf {
  const auth = createInternalAuth('a secret that only this recording knows')
  return (contract) => createRemoteClient({ contract, caller, callee: singleInstance(pool), auth })
}

async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { makes: await work }
  } catch (error) {
    if (error instanceof AppError) return { fails: error.code }
    throw error
  }
}

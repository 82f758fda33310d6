import { readFile, writeFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { Frame, ResponseStep } from '@parley/kernel/frames.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { collectOutcome } from '../../services/gateway/interface/collect-outcome.ts'
import type { ModelStep } from '../../services/gpt/application/ports.ts'
import { collect } from '../../services/gpt/test/model-steps.ts'
import { send, startRecordedUpstream } from '../../services/gpt/test/recorded-upstream.ts'
import { outcomeOfGeneration, responseEnd } from '../../services/response/domain/outcome.ts'
import { type ClientName, clientDialects } from './client-dialects.ts'
import { isWhole, openProvider, type ProviderName, recordings, stepsAtEveryCut } from './provider-dialects.ts'
import { requests } from './requests.ts'

/** `UPDATE_GOLDEN=1` writes what comes out, to be read before it is kept. */
const isUpdating = process.env['UPDATE_GOLDEN'] === '1'
const clients = Object.keys(clientDialects) as ClientName[]
const providers = Object.keys(recordings) as ProviderName[]
const startedAt = 1_700_000_000_000
const noUsage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
  provenance: 'estimated' as const,
}

/** The response that gpt's steps become, as the gateway gets it. */
function framesOf(steps: readonly ModelStep[]): Frame[] {
  const all: ResponseStep[] = [{ type: 'response-start', createdAt: startedAt, model: 'asked-for' }]
  for (const step of steps) {
    if (step.type !== 'model-end') all.push(step)
    else {
      const { type: _, usage, ...end } = step
      const ended = outcomeOfGeneration({ ...end, type: 'generation-end', provider: 'up', usage: usage ?? noUsage })
      all.push(responseEnd(ended, startedAt))
    }
  }
  return all.map((step, seq) => ({ seq, step }))
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

async function answerOf(
  client: ClientName,
  input: RequestInput,
  { steps, whole }: { steps: readonly ModelStep[]; whole: boolean },
) {
  const dialect = clientDialects[client]
  const frames = framesOf(steps)
  if (!whole) return dialect.encodeStream(input, frames)
  return dialect.encodeWhole(input, await collectOutcome(each(frames)))
}

async function compare(t: TestContext, name: string, actual: object): Promise<void> {
  const file = new URL(`golden/${name}.json`, import.meta.url)
  const text = `${JSON.stringify(actual, null, 2)}\n`
  if (isUpdating) await writeFile(file, text)
  t.assert.deepEqual(JSON.parse(text), JSON.parse(await readFile(file, 'utf8')))
}

for (const provider of providers) {
  test(`the answers of a ${provider} provider mean the same to every client, however their bytes are cut`, async (t) => {
    const answers: Record<ClientName, Record<string, unknown>> = { chat: {}, responses: {}, messages: {} }
    for (const name of recordings[provider]) {
      const cuts = await stepsAtEveryCut(provider, name)
      for (const client of clients) {
        const input = clientDialects[client].decode(requests[client])
        const answer = (steps: readonly ModelStep[]) => answerOf(client, input, { steps, whole: isWhole(name) })
        const first = await answer(cuts[0] ?? [])
        const reference = JSON.stringify(first)
        for (const steps of cuts) t.assert.equal(JSON.stringify(await answer(steps)), reference, `${client}: ${name}`)
        answers[client][name] = first
      }
    }
    for (const client of clients) await compare(t, `${client}-${provider}-answers`, answers[client])
  })

  for (const client of clients) {
    for (const delivery of ['incremental', 'whole'] as const) {
      test(`a ${client} client's request reaches a ${provider} provider in its words (${delivery})`, async (t) => {
        await using upstream = await startRecordedUpstream(send(529, ''))
        await using model = openProvider[provider](upstream.url)
        const { instructions, items, options } = clientDialects[client].decode(possible(requests[client], provider))
        const asked = {
          responseId: 'resp_1',
          attempt: 1,
          providerModel: 'theirs',
          instructions,
          items,
          options,
          delivery,
        }
        const { code } = await collect(model.generate(testContext(), asked))
        t.assert.equal(code, 'PROVIDER_UNAVAILABLE')
        await compare(t, `${client}-${provider}-request-${delivery}`, JSON.parse(upstream.received[0]?.body ?? 'null'))
      })
    }
  }
}

test('what a provider of responses has no word for is refused, from every client that can say it', async (t) => {
  await using upstream = await startRecordedUpstream(send(529, ''))
  await using model = openProvider.responses(upstream.url)
  for (const client of ['chat', 'messages'] as const) {
    const { instructions, items, options } = clientDialects[client].decode(requests[client])
    const asked = { responseId: 'resp_1', attempt: 1, providerModel: 'theirs', instructions, items, options }
    const { error } = await collect(model.generate(testContext(), { ...asked, delivery: 'whole' }))
    t.assert.deepEqual([error?.code, error?.param], ['UNSUPPORTED_PARAMETER', 'stop'])
  }
  t.assert.equal(upstream.received.length, 0)
})

test('a request in the dialect of its provider is the request that was sent', async (t) => {
  for (const provider of providers) {
    await using upstream = await startRecordedUpstream(send(529, ''))
    await using model = openProvider[provider](upstream.url)
    const { instructions, items, options } = clientDialects[provider].decode(requests[provider])
    const asked = { responseId: 'resp_1', attempt: 1, providerModel: 'asked-for', instructions, items, options }
    await collect(model.generate(testContext(), { ...asked, delivery: 'whole' }))
    t.assert.deepEqual(JSON.parse(upstream.received[0]?.body ?? 'null'), sameMeaning[provider](requests[provider]))
  }
})

/** What a provider's dialect has no word for, and its adapter refuses by name. */
const refused: Record<ProviderName, readonly string[]> = {
  chat: [],
  responses: ['stop', 'stop_sequences'],
  messages: [],
}

function possible(body: object, provider: ProviderName): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !refused[provider].includes(name)))
}

interface ResponsesInput {
  readonly role?: string
  readonly content?: unknown
  readonly signature?: string
}

/** What Parley says otherwise, with the same meaning. */
const sameMeaning: Record<ProviderName, (body: object) => object> = {
  chat: (body) => body,
  responses: (body) => {
    const { input, ...rest } = body as { input: readonly ResponsesInput[] }
    const items = input.filter(({ signature }) => signature === undefined)
    return {
      ...rest,
      input: items.map(({ content, ...item }) => {
        if (item.role === undefined) return item
        const parts = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content
        return { ...item, type: 'message', content: parts }
      }),
      include: ['reasoning.encrypted_content'],
      store: false,
    }
  },
  messages: (body) => {
    return JSON.parse(JSON.stringify(body).replaceAll(',"is_error":false', ''))
  },
}

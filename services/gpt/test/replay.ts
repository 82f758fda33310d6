import { testContext } from '@parley/testkit/context.ts'
import type { ModelClient, ModelStep } from '../application/ports.ts'
import { cutPlaces } from './cut-places.ts'
import { collect, modelRequest, type Told, told } from './model-steps.ts'
import { sendPieces, startRecordedUpstream } from './recorded-upstream.ts'

/** What a recording is to mean. */
export interface Expected extends Omit<Told, 'end' | 'statuses'> {
  readonly finish: string
  /** Input, cached, output, reasoning. */
  readonly usage: readonly number[] | null
  readonly model: string
}

export function summary(steps: readonly ModelStep[]): Expected {
  const { end, statuses: _statuses, ...said } = told(steps)
  if (end === null) throw new Error('the steps have no end')
  const { usage } = end
  const counts =
    usage === null ? null : [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.reasoningTokens]
  return { ...said, finish: end.finish, usage: counts, model: end.providerModel }
}

type OpenClient = (baseUrl: URL) => ModelClient & AsyncDisposable

/** Sends every list of pieces in an answer of its own, and returns the steps that each became. */
export async function replay(
  openClient: OpenClient,
  answers: readonly (readonly Buffer[])[],
  type: string,
): Promise<ModelStep[][]> {
  await using upstream = await startRecordedUpstream((response, { headers }) => {
    const number = Number(String(headers['x-client-request-id']).split('.')[0])
    sendPieces(response, answers[number] ?? [], type)
  })
  await using client = openClient(upstream.url)
  const context = testContext({ deadlineMs: 60_000 })
  const results: ModelStep[][] = []
  let next = 0
  const worker = async () => {
    while (next < answers.length) {
      const number = next++
      const delivery = type === 'application/json' ? 'whole' : 'incremental'
      const request = modelRequest('hello', { responseId: String(number), delivery, providerModel: 'asked-for' })
      const { steps, error } = await collect(client.generate(context, request))
      if (error !== null) throw new Error(`replay ${number} failed`, { cause: error })
      results[number] = [...steps]
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return results
}

/** Whole, byte by byte, and in two pieces. */
export function splits(bytes: Buffer): Buffer[][] {
  const single = Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1))
  const pairs = cutPlaces(bytes.length).map((place) => [bytes.subarray(0, place), bytes.subarray(place)])
  return [[bytes], single, ...pairs]
}

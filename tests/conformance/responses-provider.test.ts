import { after, before, describe, type TestContext, test } from 'node:test'
import type OpenAI from 'openai'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import { configFile } from './config-file.ts'
import { cancellationJourneys } from './journeys/cancellation.ts'
import { chatJourneys } from './journeys/chat.ts'
import { chatToolJourneys } from './journeys/chat-tools.ts'
import { messagesJourneys } from './journeys/messages.ts'
import { providerFaultJourneys } from './journeys/provider-faults.ts'
import { responseParameterJourneys } from './journeys/response-parameters.ts'
import { responseJourneys } from './journeys/responses.ts'
import { socketJourneys } from './journeys/sockets.ts'
import { storedResponseJourneys } from './journeys/stored-responses.ts'

/** Journeys that ask for what Responses have no words for, by what they ask for. */
const impossible: Readonly<Record<string, string>> = {
  'chat: stop sequences and token limits end the answer': 'stop is refused',
  'chat: parameters of the dialect reach the provider, and text of any script comes back': 'seed is refused',
  'messages: limits, stop sequences and refusals end an answer by their name': 'stop_sequences are refused',
  'input: images, files and reasoning are kept, and shown as they came': 'it knows what it has sealed itself',
}

const journeys = [
  ...chatJourneys,
  ...chatToolJourneys,
  ...messagesJourneys,
  ...responseJourneys,
  ...responseParameterJourneys,
  ...storedResponseJourneys,
  ...socketJourneys,
  ...cancellationJourneys,
  ...providerFaultJourneys,
]

describe('journeys with a provider that speaks Responses', () => {
  let system: System
  before(async () => {
    system = await startSystem('one-process', {
      configFile: (urls) => {
        const { providers, ...file } = configFile(urls)
        return { ...file, providers: { openai: { kind: 'responses', baseUrl: urls.upstreamUrl }, ...providers } }
      },
    })
  })
  after(() => system.stop())
  test('reasoning goes back to its provider: by chain, by conversation, and from a client that keeps it', async (t: TestContext) => {
    const { responses, conversations } = system.client()
    const ask = { model: 'reasoning-kept', reasoning: { effort: 'low' as const } }
    const input = '/simulate reasoning=2\nmy name is Ada.'
    const question = { role: 'user' as const, content: 'what is my name?' }
    const first = await responses.create({ ...ask, input })
    const [reasoning] = first.output
    t.assert.ok(reasoning?.type === 'reasoning' && typeof reasoning.encrypted_content === 'string')
    const chained = await responses.create({ ...ask, input: [question], previous_response_id: first.id })
    const { id: conversation } = await conversations.create()
    await responses.create({ ...ask, input, conversation })
    const conversed = await responses.create({ ...ask, input: [question], conversation })
    const kept = first.output as OpenAI.Responses.ResponseInputItem[]
    const sent = await responses.create({ ...ask, input: [{ role: 'user', content: input }, ...kept, question] })
    for (const { output_text: text } of [chained, conversed, sent]) t.assert.match(text, /your name is Ada/)
    const broken = { ...reasoning, encrypted_content: 'changed' }
    await t.assert.rejects(responses.create({ ...ask, input: [broken, question] }), /could not be verified/)
  })

  describe('side by side', { concurrency: 4 }, () => {
    for (const { name, run } of journeys) {
      test(name, { timeout: 60_000, skip: impossible[name] ?? false }, (t) => run(t, system))
    }
  })
})

import { after, before, describe, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import { configFile } from './config-file.ts'
import { cancellationJourneys } from './journeys/cancellation.ts'
import { chatJourneys } from './journeys/chat.ts'
import { chatToolJourneys } from './journeys/chat-tools.ts'
import { messagesJourneys } from './journeys/messages.ts'
import { providerFaultJourneys } from './journeys/provider-faults.ts'
import { responseJourneys } from './journeys/responses.ts'

/** Journeys that ask for what Messages have no words for, by what they ask for. */
const impossible: Readonly<Record<string, string>> = {
  'chat: a refusal and reasoning have their own places': 'refusals are text that ends for the reason refusal',
  'chat: parameters of the dialect reach the provider, and text of any script comes back': 'seed is refused',
  'messages: what is wrong is said in the words of Anthropic': 'tools that run at the provider are taken there',
  'responses: reasoning and refusals stream as items of their own kind': 'refusals are text there',
  'structured output: an answer in JSON fits its schema, parsed by the SDK, streamed or not':
    'JSON needs a schema there',
}

const journeys = [
  ...chatJourneys,
  ...chatToolJourneys,
  ...messagesJourneys,
  ...responseJourneys,
  ...cancellationJourneys,
  ...providerFaultJourneys,
]

describe('journeys with a provider that speaks Messages', () => {
  let system: System
  before(async () => {
    system = await startSystem('one-process', {
      env: { OPENAI_BASE_URL: '', OPENAI_API_KEY: '', DEFAULT_MODEL: 'default-model' },
      configFile: (urls) => {
        const { providers, ...file } = configFile(urls)
        return { ...file, providers: { anthropic: { kind: 'anthropic', baseUrl: urls.upstreamUrl }, ...providers } }
      },
    })
  })
  after(() => system.stop())
  describe('side by side', { concurrency: 4 }, () => {
    for (const { name, run } of journeys) {
      test(name, { timeout: 60_000, skip: impossible[name] ?? false }, (t) => run(t, system))
    }
  })
})

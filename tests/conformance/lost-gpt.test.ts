import { type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { type RestartableService, startRestartableService } from '../harness/restartable-service.ts'
import { untilSettled } from './requests.ts'

const prompt = '/simulate first_ms=8000\nhello'
const answer = 'Simulated answer: you said “hello”.'
const timeoutMs = 60_000

test('gpt dies after it was asked and before it answered: clients get their answer', async (t: TestContext) => {
  await using system = await startRestartableService('gpt')
  const client = system.client({ timeoutMs })
  const messages = [{ role: 'user' as const, content: prompt }]
  const key = { 'idempotency-key': 'once-more' }
  const asked = [
    client.responses.create({ model: 'stored', input: prompt }).then(({ output_text: text }) => text),
    client.responses
      .stream({ model: 'streamed', input: prompt })
      .finalResponse()
      .then(({ output_text: text }) => text),
    client.chat.completions
      .create({ model: 'keyed', messages }, { headers: key })
      .then(({ choices }) => choices[0]?.message.content),
    client.chat.completions.create({ model: 'plain', messages }).then(({ choices }) => choices[0]?.message.content),
  ]
  await dieWhenAsked(system, asked.length)
  await system.startAgain()
  t.assert.deepEqual(
    await Promise.all(asked),
    asked.map(() => answer),
  )

  t.assert.equal(system.upstream.requestCount, asked.length * 2)
  const rows = await untilSettled(system, system.key, asked.length)
  t.assert.deepEqual(
    rows.map(({ status, attempts }) => [status, attempts]),
    asked.map(() => ['completed', 2]),
  )
  const again = await client.chat.completions.create({ model: 'keyed', messages }, { headers: key })
  t.assert.equal(again.choices[0]?.message.content, answer)
  t.assert.equal(system.upstream.requestCount, asked.length * 2)
})

async function dieWhenAsked({ upstream, program }: RestartableService, calls: number): Promise<void> {
  await waitUntil(() => upstream.requestCount === calls, { timeoutMs, what: 'the provider to be called' })
  program.signal('SIGKILL')
  await program.ended
}

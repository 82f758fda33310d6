import { type TestContext, test } from 'node:test'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { doneMark, parseEvents } from '../harness/event-stream.ts'
import { publishedProblems } from './published-schema.ts'

const tool = { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false }
const bodies: Readonly<Record<string, object>> = {
  text: { input: 'hello' },
  tools: { input: 'weather', tools: [tool] },
  'a custom tool': { input: 'notes', tools: [{ type: 'custom', name: 'notes' }] },
  reasoning: { input: '/simulate reasoning=2\nhello', include: ['reasoning.encrypted_content'] },
  refusal: { input: '/simulate refusal\nhello' },
  limit: { input: 'hello there', max_output_tokens: 1 },
  certainty: { input: 'hello', include: ['message.output_text.logprobs'], top_logprobs: 2 },
}

/** What a response of OpenAI has besides, and no adapter reads. */
const leftOut = ['instructions', 'metadata', 'tools', 'tool_choice', 'temperature', 'parallel_tool_calls', 'top_p']
const isLeftOut = (problem: string) => leftOut.some((name) => problem.includes(`"missingProperty":"${name}"`))

for (const [what, body] of Object.entries(bodies)) {
  test(`the simulated provider of Responses says ${what} as OpenAI describes it`, async (t: TestContext) => {
    await using upstream = await startSimulatedUpstream()
    const ask = (more: object) =>
      fetch(`${upstream.url}/responses`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', store: false, ...body, ...more }),
      })
    const whole = await (await ask({})).json()
    t.assert.deepEqual(
      publishedProblems('Response', whole).filter((problem) => !isLeftOut(problem)),
      [],
    )
    const events = parseEvents(await (await ask({ stream: true })).text())
    t.assert.equal(events.at(-1)?.data, doneMark)
    t.assert.ok(events.length > 5)
    for (const { event, data } of events.slice(0, -1)) {
      t.assert.equal((data as { type: string }).type, event)
      const problems = publishedProblems('ResponseStreamEvent', data).filter((problem) => !isLeftOut(problem))
      t.assert.deepEqual(problems, [])
    }
  })
}

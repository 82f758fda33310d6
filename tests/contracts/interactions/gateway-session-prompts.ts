import type { Prompt } from '@parley/session/contract.ts'
import type { Gateway } from '../consumers/gateway.ts'
import { time, timeSeconds } from '../examples.ts'

const prompt: Prompt = {
  promptId: 'greeting',
  version: '1',
  text: 'Greet {{name}}.',
  variables: ['name'],
  createdAt: time,
  retiredAt: null,
}
const onePage = { data: [prompt], hasMore: false }
const shownPrompt = {
  id: 'greeting',
  object: 'parley.prompt',
  version: '1',
  text: 'Greet {{name}}.',
  variables: ['name'],
  created_at: timeSeconds,
  retired_at: null,
}
const params = { prompt_id: 'greeting' }
const given = 'a prompt with a name'
const list = '/parley/prompts/{prompt_id}/versions'

/** What the gateway asks of prompts. */
export const promptInteractions = [
  {
    what: 'makes a prompt',
    call: 'createPrompt',
    input: { promptId: 'greeting', text: prompt.text },
    answer: prompt,
    use: (gateway: Gateway) => gateway.ask('POST /parley/prompts', { body: { id: 'greeting', text: prompt.text } }),
    makes: shownPrompt,
  },
  {
    what: 'gets a prompt',
    given,
    call: 'getPrompt',
    input: { promptId: 'greeting' },
    answer: prompt,
    use: (gateway: Gateway) => gateway.ask('GET /parley/prompts/{prompt_id}', { params }),
    makes: shownPrompt,
  },
  {
    what: 'gets a version of a prompt that is not there',
    given,
    call: 'getPrompt',
    input: { promptId: 'greeting', version: '9' },
    error: 'TEMPLATE_NOT_FOUND',
    use: (gateway: Gateway) => gateway.ask(`GET ${list}/{version}`, { params: { ...params, version: '9' } }),
  },
  {
    what: 'lists prompts',
    given,
    call: 'listPrompts',
    input: { limit: 1, order: 'asc' },
    answer: onePage,
    use: (gateway: Gateway) => gateway.ask('GET /parley/prompts', { query: { limit: 1 } }),
    makes: pageOf('greeting'),
  },
  {
    what: 'lists the versions of a prompt',
    given,
    call: 'listPromptVersions',
    input: { promptId: 'greeting', limit: 1, order: 'desc' },
    answer: onePage,
    use: (gateway: Gateway) => gateway.ask(`GET ${list}`, { params, query: { limit: 1 } }),
    makes: pageOf('1'),
  },
  {
    what: 'retires a version of a prompt',
    given,
    call: 'retirePrompt',
    input: { promptId: 'greeting', version: '1' },
    answer: { ...prompt, retiredAt: time },
    use: (gateway: Gateway) => gateway.ask(`POST ${list}/{version}/retire`, { params: { ...params, version: '1' } }),
    makes: { ...shownPrompt, retired_at: timeSeconds },
  },
] as const

function pageOf(id: string): object {
  return { object: 'list', data: [shownPrompt], first_id: id, last_id: id, has_more: false }
}

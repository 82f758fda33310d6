import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { findBelow, folderOf, readLines, runCommand, runWell } from './command.mjs'
import { assertPerson, countAborted, parley, person, slowPrompt, untilAborted, untilRunning } from './support.mjs'

const platformFolder = folderOf(`@openai/codex-${process.platform}-${process.arch}`)
const command = findBelow(platformFolder, process.platform === 'win32' ? 'codex.exe' : 'codex')
const provider = [
  'name="Parley"',
  `base_url="${parley.url}/v1"`,
  'env_key="PARLEY_API_KEY"',
  'wire_api="responses"',
  'request_max_retries=0',
  'stream_max_retries=0',
].join(',')
const settings = [
  ...['--skip-git-repo-check', '--json', '-m', parley.model],
  ...['-c', 'model_provider=parley', '-c', `model_providers.parley={${provider}}`],
  ...['-c', 'analytics.enabled=false', '-c', 'check_for_update_on_startup=false'],
]

export const checks = [
  { capability: 'plain', name: 'exec answers, and counts the tokens', run: answer },
  { capability: 'tools', name: 'get_goal is run and its output answered', run: useTool },
  { capability: 'structured', name: '--output-schema gives the object', run: structured },
  { capability: 'memory', name: 'exec resume remembers', run: remember },
  { capability: 'errors', name: 'a wrong key ends it and is told', run: fail },
  { capability: 'errors', name: 'a response that is cut off ends it', run: failMidway },
  { capability: 'cancel', name: 'an interrupt ends the call of the provider', run: interrupt },
]

async function exec(args) {
  return readLines(await runWell(command, ['exec', ...args]))
}

function textOf(events) {
  return events.findLast(({ item }) => item?.type === 'agent_message')?.item.text
}

async function answer() {
  const events = await exec([...settings, 'Hello there'])
  assert.match(textOf(events), /Hello there/)
  assert.ok(events.find(({ type }) => type === 'turn.completed').usage.input_tokens > 0)
}

async function useTool() {
  const events = await exec([...settings, 'Please use get_goal.'])
  assert.match(textOf(events), /get_goal returned/)
}

async function structured() {
  const file = path.join(process.env.HOME, 'person.json')
  writeFileSync(file, JSON.stringify(person))
  assertPerson(JSON.parse(textOf(await exec([...settings, '--output-schema', file, 'Who?']))))
}

async function remember() {
  const [started] = await exec([...settings, 'My name is Ada.'])
  const events = await exec(['resume', started.thread_id, ...settings, 'What is my name?'])
  assert.match(textOf(events), /Ada/)
}

async function fail() {
  const { code, stdout } = await runCommand(command, ['exec', ...settings, 'Hello'], {
    env: { PARLEY_API_KEY: 'wrong' },
  })
  assert.notEqual(code, 0)
  assert.match(stdout, /API key is not valid/)
}

async function failMidway() {
  const { code } = await runCommand(command, ['exec', ...settings, '/simulate fail_after=1\nHello'], {
    timeoutMs: 15_000,
  })
  assert.notEqual(code, 0)
}

async function interrupt() {
  const before = await countAborted()
  await runCommand(command, ['exec', ...settings, slowPrompt], { interruptAfter: untilRunning() })
  await untilAborted(before)
}

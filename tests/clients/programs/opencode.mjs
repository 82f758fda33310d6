import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { findBelow, folderOf, readLines, runCommand, runWell } from './command.mjs'
import { countAborted, parley, slowPrompt, untilAborted, untilRunning } from './support.mjs'

const platform = process.platform === 'win32' ? 'windows' : process.platform
const command = findBelow(
  folderOf(`opencode-${platform}-${process.arch}`),
  platform === 'windows' ? 'opencode.exe' : 'opencode',
)
const env = {
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
}
const args = ['run', '--format', 'json', '--pure', '--title', 'proof', '-m', `parley/${parley.model}`]
configure(parley.key)

export const checks = [
  { capability: 'plain', name: 'run answers', run: answer },
  { capability: 'tools', name: 'todowrite is run and its output answered', run: useTool },
  { capability: 'memory', name: '--session remembers', run: remember },
  { capability: 'cancel', name: 'an interrupt ends the call of the provider', run: interrupt },
  { capability: 'errors', name: 'a wrong key is told', run: fail },
]

function configure(apiKey) {
  const options = { baseURL: `${parley.url}/v1`, apiKey }
  const models = { [parley.model]: { name: 'Simulated' } }
  const provider = { parley: { npm: '@ai-sdk/openai-compatible', name: 'Parley', options, models } }
  const config = { autoupdate: false, share: 'disabled', snapshot: false, provider }
  writeFileSync(path.join(process.env.HOME, 'opencode.json'), JSON.stringify(config))
}

/** The prompt comes on standard input: as an argument it would be put in quotation marks. */
async function say(input, more = []) {
  return readLines(await runWell(command, [...args, ...more], { env, input }))
}

function textOf(events) {
  return events.findLast(({ type }) => type === 'text')?.part.text
}

async function answer() {
  assert.match(textOf(await say('Hello there')), /Hello there/)
}

async function useTool() {
  const events = await say('Please use todowrite.')
  assert.ok(events.some(({ part }) => part?.tool === 'todowrite'))
  assert.match(textOf(events), /todowrite returned/)
}

async function remember() {
  const [first] = await say('My name is Ada.')
  assert.match(textOf(await say('What is my name?', ['--session', first.sessionID])), /Ada/)
}

async function interrupt() {
  const before = await countAborted()
  await runCommand(command, args, { env, input: slowPrompt, interruptAfter: untilRunning() })
  await untilAborted(before)
}

async function fail() {
  configure('wrong')
  const { stdout, stderr } = await runCommand(command, args, { env, input: 'Hello' })
  assert.match(stdout + stderr, /API key is not valid/)
}

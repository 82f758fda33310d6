import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { findBelow, folderOf, readLines, runCommand, runWell } from './command.mjs'
import { assertPerson, countAborted, heldModel, parley, person, untilAborted, untilRunning } from './support.mjs'

const platformFolder = folderOf(`@anthropic-ai/claude-code-${process.platform}-${process.arch}`)
const command = findBelow(platformFolder, process.platform === 'win32' ? 'claude.exe' : 'claude')
const env = {
  ANTHROPIC_BASE_URL: parley.url,
  ANTHROPIC_API_KEY: parley.key,
  ANTHROPIC_MODEL: parley.model,
  ANTHROPIC_DEFAULT_HAIKU_MODEL: parley.model,
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '0',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_ERROR_REPORTING: '1',
  DISABLE_TELEMETRY: '1',
}
const streamed = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages']

export const checks = [
  { capability: 'plain', name: 'print mode answers, and counts the tokens', run: answer },
  { capability: 'streaming', name: 'partial messages add up to the answer', run: stream },
  { capability: 'tools', name: 'Glob is run and its result answered', run: useTool },
  { capability: 'structured', name: '--json-schema gives the object', run: structured },
  { capability: 'memory', name: '--resume remembers', run: remember },
  { capability: 'errors', name: 'a wrong key ends it and is told', run: fail },
  { capability: 'cancel', name: 'an interrupt ends the call of the provider', run: interrupt },
]

/** The prompt comes on standard input: `--tools` takes any number of words after it. */
async function print(input, args) {
  return runWell(command, ['-p', ...args], { env, input })
}

async function answer() {
  const [result] = readLines(await print('Hello there', ['--output-format', 'json', '--tools', '']))
  assert.equal(result.is_error, false)
  assert.match(result.result, /Hello there/)
  assert.ok(result.usage.input_tokens > 0)
}

async function stream() {
  const lines = readLines(await print('Hello there', [...streamed, '--tools', '']))
  const deltas = lines.map(({ event }) => (event?.delta?.type === 'text_delta' ? event.delta.text : ''))
  assert.equal(deltas.join(''), lines.findLast(({ type }) => type === 'result').result)
  assert.match(deltas.join(''), /Hello there/)
}

async function useTool() {
  const args = [...streamed, '--tools', 'Glob', '--allowedTools', 'Glob']
  const lines = readLines(await print('Please use Glob.', args))
  assert.match(lines.findLast(({ type }) => type === 'result').result, /Glob returned/)
}

async function structured() {
  const args = ['--output-format', 'json', '--tools', '', '--json-schema', JSON.stringify(person)]
  const [result] = readLines(await print('Please use StructuredOutput.', args))
  assertPerson(result.structured_output)
}

async function remember() {
  const id = randomUUID()
  await print('My name is Ada.', ['--session-id', id, '--tools', ''])
  assert.match(await print('What is my name?', ['--resume', id, '--tools', '']), /Ada/)
}

async function fail() {
  const options = { env: { ...env, ANTHROPIC_API_KEY: 'wrong' }, input: 'Hello' }
  const { code, stdout, stderr } = await runCommand(command, ['-p', '--tools', ''], options)
  assert.notEqual(code, 0)
  assert.match(stdout + stderr, /API key/i)
}

/** It takes a prompt that starts with a slash for a command, so the provider is one that never ends its answers. */
async function interrupt() {
  const before = await countAborted()
  const options = { env: { ...env, ANTHROPIC_MODEL: heldModel }, input: 'Hello', interruptAfter: untilRunning() }
  await runCommand(command, ['-p', '--tools', ''], options)
  await untilAborted(before)
}

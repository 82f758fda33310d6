// What every client of the proof is told, by environment variables as an application would be.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

export const parley = {
  url: required('PARLEY_URL'),
  key: required('PARLEY_API_KEY'),
  model: required('PARLEY_MODEL'),
}

export const weather = {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Helsinki'] } },
    required: ['city'],
    additionalProperties: false,
  },
}

export const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
}

/** A prompt whose answer takes many seconds, for what is cancelled on the way. */
export const slowPrompt = '/simulate chunks=200 interval_ms=100 first_ms=50\nTell me much.'

/** A model that begins its answer and never ends it, for clients whose prompts cannot carry a directive. */
export const heldModel = 'held/model'

/** How many calls the provider has seen cut off before their end. */
export async function countAborted() {
  return count('aborted')
}

/** Resolves once the provider has seen one more call cut off than `before`. */
export async function untilAborted(before) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await countAborted()) > before) return
    await delay(50)
  }
  assert.fail('the provider went on after the client had cancelled')
}

/** Resolves once the provider is writing an answer that takes its time: some of it has been sent. */
export async function untilRunning() {
  for (let tries = 0; tries < 1_000; tries++) {
    if ((await count('running')) > 0) return
    await delay(50)
  }
}

async function count(what) {
  const answer = await fetch(`${required('UPSTREAM_LOG_URL')}/${what}`)
  return Number(await answer.text())
}

export function assertPerson(value) {
  assert.equal(typeof value?.name, 'string')
  assert.ok(Number.isInteger(value?.age), `age is ${value?.age}`)
}

function required(name) {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is missing`)
  return value
}

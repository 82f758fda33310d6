import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import type { Envelope } from '@parley/chassis/events/envelope.ts'
import type { Pair } from './pact/define-pair.ts'

/** What a service says of whom it talks to. */
export interface Talker {
  readonly contract: Contract
  readonly needs: Readonly<Record<string, Contract>>
}

/**
 * Where pacts and services disagree: about who talks to whom (by `needs` and `subscribes`), and about the calls and
 * events that pass between them.
 */
export function pairProblems(services: readonly Talker[], pairs: readonly Pair[]): string[] {
  const calls = services.flatMap(callsOf)
  const tellings = services.flatMap((publisher) => tellingsOf(publisher, services))
  const talks = new Set([...calls, ...tellings].map(nameOf))
  const recorded = pairs.map(nameOf)
  const needed = services.filter(({ contract }) => calls.some(({ provider }) => provider === contract.name))
  return [
    ...[...talks].filter((name) => !recorded.includes(name)).map((name) => `${name} has no pact`),
    ...recorded.filter((name) => !talks.has(name)).map((name) => `${name} has a pact, but they do not talk`),
    ...recorded.filter((name, index) => recorded.indexOf(name) !== index).map((name) => `${name} has two pacts`),
    ...pairs.filter(knowsNoError).map((pair) => `the pact ${nameOf(pair)} knows no error`),
    ...tellings.filter((telling) => !isTold(telling, pairs)).map((one) => `the pact ${nameOf(one)} has no ${one.type}`),
    ...needed.flatMap(({ contract }) => unusedCalls(contract, pairs)).map((call) => `${call} is in no pact`),
  ]
}

type Talk = Pick<Pair, 'consumer' | 'provider'>

function nameOf({ consumer, provider }: Talk): string {
  return `${consumer} → ${provider}`
}

function callsOf({ contract, needs }: Talker): Talk[] {
  return Object.values(needs).map(({ name }) => ({ consumer: contract.name, provider: name }))
}

function tellingsOf({ contract }: Talker, services: readonly Talker[]): (Talk & { type: string })[] {
  return Object.values(contract.events).flatMap(({ type }) =>
    services
      .filter((candidate) => candidate.contract.subscribes.includes(type))
      .map((subscriber) => ({ consumer: contract.name, provider: subscriber.contract.name, type })),
  )
}

function isTold(telling: Talk & { type: string }, pairs: readonly Pair[]): boolean {
  const interactions = pairs.filter((pair) => nameOf(pair) === nameOf(telling)).flatMap((pair) => pair.interactions)
  const deliveries = interactions.filter(({ call }) => call === 'deliver').map(({ input }) => input)
  return deliveries.some((input) => (input as { events: Envelope[] }).events.some(({ type }) => type === telling.type))
}

function unusedCalls({ name, calls }: Contract, pairs: readonly Pair[]): string[] {
  const interactions = pairs.filter(({ provider }) => provider === name).flatMap((pair) => pair.interactions)
  const used = new Set(interactions.map(({ call }) => call))
  return Object.keys(calls).flatMap((call) => (used.has(call) ? [] : [`${name}.${call}`]))
}

/** Whoever only tells of events has no answer to mind: the relay repeats what was not taken. */
function knowsNoError({ interactions }: Pair): boolean {
  const onlyTells = interactions.length > 0 && interactions.every(({ call }) => call === 'deliver')
  return !onlyTells && interactions.every(({ error }) => error === undefined)
}

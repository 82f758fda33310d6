import { setTimeout as delay } from 'node:timers/promises'
import type { UpstreamRequest } from '@parley/testkit/simulated/upstream-server.ts'
import { terminalStatuses } from '../checkers/checker.ts'
import type { Load } from '../load/load.ts'
import { readStream } from '../load/raw-client.ts'
import type { LoadTenant } from '../load/wish.ts'
import { attemptsMax, type Rig } from '../rig/rig.ts'
import type { OwnEnd } from '../rig/supervised-process.ts'
import type { Evidence, Liveness, ProviderCall, SeenEvent, StoreEvidence } from './evidence.ts'

export interface LoadedRig {
  readonly rig: Rig
  readonly load: Load
  readonly tenants: readonly LoadTenant[]
}

const drainPollMs = 100
const replaysAtOnce = 8
const replayMs = 10_000

/** Lets everything come to rest, reads all that is kept by every way there is, and ends the system. */
export async function gatherEvidence({ rig, load, tenants }: LoadedRig, liveness: Liveness): Promise<Evidence> {
  await untilQuiet(rig)
  const replays = await replayAll({ rig, load, tenants })
  const metrics = await rig.metrics()
  const badEnds = [...rig.ownEnds.map(describeOwnEnd), ...(await rig.stop()).map(describeBadStop)]
  return {
    stores: await rig.store.read(),
    providerCalls: rig.upstream.requests.map(toProviderCall),
    clients: load.journal.clients,
    conversations: load.journal.conversations,
    replays,
    tenants,
    outputs: new Map([...(await rig.logs()), ['metrics', metrics]]),
    secrets: secretsOf(rig, tenants),
    liveness,
    badEnds,
    attemptsMax,
  }
}

/** Resolves once nothing is under way, or after a time: what is left then is for the checkers to name. */
async function untilQuiet(rig: Rig): Promise<void> {
  const endsAtMs = performance.now() + rig.drainMaxMs
  while (performance.now() < endsAtMs) {
    if (isQuiet(await rig.store.read())) return
    await delay(drainPollMs)
  }
}

function isQuiet({ requests, ledger, responses, outbox }: StoreEvidence): boolean {
  return (
    outbox.length === 0 &&
    ledger.length === requests.length &&
    responses.length === requests.length &&
    responses.every(({ status, pendingTurn }) => terminalStatuses.has(status) && !pendingTurn)
  )
}

/** Follows every stored response from its beginning, as its own tenant. */
async function replayAll({ rig, load, tenants }: LoadedRig): Promise<Map<string, SeenEvent[]>> {
  const replays = new Map<string, SeenEvent[]>()
  const { responses } = await rig.store.read()
  const waiting = responses.filter(({ store }) => store)
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { responseId, tenant } = next
      const key = tenants.find((each) => each.tenant === tenant)?.key
      if (key === undefined) continue
      const signal = AbortSignal.timeout(replayMs)
      const answer = await load.context.raw.open({ path: `/v1/responses/${responseId}?stream=true`, key, signal })
      if (answer.statusCode === 200) replays.set(responseId, await Array.fromAsync(readStream(answer).events))
      else answer.resume()
    }
  }
  await Promise.all(Array.from({ length: replaysAtOnce }, worker))
  return replays
}

/** The caller's name for a call is the response and the number of the attempt. */
function toProviderCall({ clientRequestId, model }: UpstreamRequest): ProviderCall {
  const id = clientRequestId ?? ''
  const dot = id.lastIndexOf('.')
  return { responseId: id.slice(0, dot), attempt: Number(id.slice(dot + 1)), model: model ?? '' }
}

function secretsOf({ secrets }: Rig, tenants: readonly LoadTenant[]): Map<string, string> {
  return new Map([
    ['the preset key', secrets.presetKey],
    ["the provider's key", secrets.upstreamKey],
    ['the internal secret', secrets.internal],
    ...tenants.flatMap(({ tenant, canary, key }): [string, string][] => [
      [`a prompt of ${tenant}`, canary],
      [`the key of ${tenant}`, key],
    ]),
  ])
}

function describeOwnEnd({ process, code, signal }: OwnEnd): string {
  return `${process} ended by itself with ${signal ?? `code ${code}`}`
}

function describeBadStop({ process, code, signal }: OwnEnd): string {
  return `${process} was asked to end and did with ${signal ?? `code ${code}`}`
}

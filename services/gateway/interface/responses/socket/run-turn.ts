import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { OutputAccumulator } from '../../output-accumulator.ts'
import { resolvedBasis } from '../create.ts'
import { decodeResponsesRequest } from '../decode-request.ts'
import { ResponseEventEncoder } from '../encode-events.ts'
import { basisOf, type ResponseBasis } from '../encode-response.ts'
import type { ResponsesRoutesPorts } from '../ports.ts'
import { resolveReferences } from '../resolve-references.ts'
import type { SocketTurn } from './client-event.ts'
import type { LocalTurns } from './local-turns.ts'
import { messageForm } from './server-event.ts'

export type RunTurnPorts = Pick<ResponsesRoutesPorts, 'generate' | 'requests' | 'responses' | 'newId'> & {
  clock: Clock
}

export interface RunTurnOptions {
  context: CallContext
  turn: SocketTurn
  local: LocalTurns
  onAccepted: () => void
  /** Resolves when there is room for the next. */
  send: (event: string) => Promise<void>
}

/** Runs one turn to its end and sends its events. Throws what refuses it, before or after the first event. */
export async function runTurn(ports: RunTurnPorts, options: RunTurnOptions): Promise<void> {
  const { context, turn, local, onAccepted, send } = options
  const resolved = await resolveReferences(ports.responses, context, turn.body.input)
  const decoded = decodeResponsesRequest(turn.body, resolved, ports.newId)
  const { input, previousResponseId } = continued(decoded.input, local)
  if (!turn.generates) return takeIn(ports, options, { input, previousResponseId })
  const incremental: RequestInput = { ...input, delivery: 'incremental' }
  try {
    const { accepted, frames } = await ports.generate(context, { input: incremental, idempotencyKey: null, onAccepted })
    const basis = await resolvedBasis(ports, context, { accepted, input: incremental })
    const shown = { ...basis, previousResponseId }
    const { output, ended } = await sendFrames({ basis: shown, frames, lane: turn.lane, send })
    if (!ended) throw new AppError('OUTCOME_UNKNOWN', 'The response broke off before it ended.')
    if (output === null) forgetContinued(local, previousResponseId)
    else if (!input.store) {
      local.remember(turn.lane, { responseId: accepted.responseId, items: [...input.items, ...output] })
    }
  } catch (error) {
    forgetContinued(local, previousResponseId)
    throw error
  }
}

/** A turn that continues one of this connection that is not stored is given its items. */
function continued(input: RequestInput, local: LocalTurns): { input: RequestInput; previousResponseId: string | null } {
  const { previousResponseId } = input
  const earlier = previousResponseId === null ? null : local.find(previousResponseId)
  if (earlier === null) return { input, previousResponseId }
  return { input: { ...input, items: [...earlier, ...input.items], previousResponseId: null }, previousResponseId }
}

function forgetContinued(local: LocalTurns, previousResponseId: string | null): void {
  if (previousResponseId !== null) local.forget(previousResponseId)
}

interface Sending {
  basis: ResponseBasis
  frames: AsyncIterable<Frame>
  lane: string | null
  send: (event: string) => Promise<void>
}

/** `output` is null when the response failed. */
async function sendFrames(sending: Sending): Promise<{ output: readonly Item[] | null; ended: boolean }> {
  const { basis, frames, lane, send } = sending
  const encoder = new ResponseEventEncoder({ basis, startingAfter: -1, form: messageForm(lane) })
  const output = new OutputAccumulator()
  let status: string | null = null
  for await (const frame of frames) {
    output.add(frame)
    for (const event of encoder.encode(frame)) await send(event)
    if (frame.step.type === 'response-end') status = frame.step.status
  }
  return { output: status === 'failed' ? null : output.items, ended: status !== null }
}

/** Nothing is generated: the input becomes a turn of this connection, to be continued. */
async function takeIn(
  { newId, clock }: RunTurnPorts,
  { turn, local, send }: RunTurnOptions,
  { input, previousResponseId }: { input: RequestInput; previousResponseId: string | null },
): Promise<void> {
  const responseId = newId('resp')
  const basis = { ...basisOf({ responseId }, input), previousResponseId, store: false }
  const usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }
  const now = clock.now()
  const end = { finish: 'stop', incompleteReason: null, failure: null, completedAt: now } as const
  const frames: Frame[] = [
    { seq: 0, step: { type: 'response-start', createdAt: now, model: input.model } },
    { seq: 1, step: { type: 'response-end', status: 'completed', usage: { ...usage, provenance: 'exact' }, ...end } },
  ]
  local.remember(turn.lane, { responseId, items: input.items })
  const encoder = new ResponseEventEncoder({ basis, startingAfter: -1, form: messageForm(turn.lane) })
  for (const event of frames.flatMap((frame) => encoder.encode(frame))) await send(event)
}

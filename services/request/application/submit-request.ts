import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Accepted, RequestInput, SubmitRequest } from '../contract.ts'
import { checkRequest } from '../domain/request-rules.ts'
import { type AcceptOnce, type KeyedSubmission, KeyTaken } from './accept-once.ts'
import type { HoldBudgets } from './hold-budgets.ts'
import type { AcceptedRequest, RecentInputs, RequestEvents, RequestStore, Turn, Turns } from './ports.ts'
import type { ResolvedInput, ResolveInput } from './resolve-input.ts'

export interface SubmitRequestPorts {
  store: RequestStore
  transactor: Transactor
  events: RequestEvents
  turns: Turns
  recentInputs: RecentInputs
  resolveInput: ResolveInput
  acceptOnce: AcceptOnce
  budgets: HoldBudgets
  clock: Clock
  newId: NewId
}

export type SubmitRequestUseCase = (context: CallContext, submission: SubmitRequest) => Promise<Accepted>

/**
 * Accepts a request durably, with what its budgets hold for it, or leaves no trace of it. With an idempotency key or a
 * submission's id, repeating the same submission returns the first acceptance. A session is reserved before the
 * transaction, since a call has no place inside one; whatever fails after that lets go of it.
 */
export function createSubmitRequest(ports: SubmitRequestPorts): SubmitRequestUseCase {
  const { store, transactor, events, turns, recentInputs, resolveInput, acceptOnce, budgets, clock, newId } = ports

  return async function submitRequest(context, submission) {
    checkRequest(submission)
    if (submission.idempotencyKey === null) return accept(context, submission, null)
    return acceptOnce(context.principal.tenant, submission, (keyed) => accept(context, submission, keyed))
  }

  async function accept(
    context: CallContext,
    submission: SubmitRequest,
    keyed: KeyedSubmission | null,
  ): Promise<Accepted> {
    const ids = idsOf(submission, newId)
    if (submission.sessionId === null) {
      return commit(context, await resolveInput(context, submission, null), ids, keyed)
    }
    const turn = { sessionId: submission.sessionId, responseId: ids.responseId }
    const { preferredModel } = await turns.begin(context, turn)
    try {
      return await commit(context, await resolveInput(context, submission, preferredModel), ids, keyed)
    } catch (error) {
      // Sent again after its answer was lost, it may have been accepted then: the turn is that one's.
      const earlier = submission.submissionId === undefined ? undefined : await find(context, ids.requestId)
      if (earlier !== undefined) return earlier
      await abandon(turns, context, turn, error)
      throw error
    }
  }

  async function find({ principal }: CallContext, requestId: string): Promise<Accepted | undefined> {
    const found = await store.find(principal.tenant, requestId)
    if (found === undefined) return undefined
    return { requestId, responseId: found.responseId, acceptedAt: found.acceptedAt, replayed: false }
  }

  async function commit(
    context: CallContext,
    { input, model }: ResolvedInput,
    { requestId, responseId }: Ids,
    keyed: KeyedSubmission | null,
  ): Promise<Accepted> {
    const { tenant, keyId } = context.principal
    const planning = budgets.plan(context, input, model)
    const planned = planning === null ? null : await planning
    const request: AcceptedRequest = {
      requestId,
      responseId,
      tenant,
      keyId,
      input,
      inputText: encode(input),
      acceptedAt: clock.now(),
      price: model.price,
      held: planned !== null,
    }
    const { acceptedAt } = request
    try {
      await transactor.transaction(async (tx) => {
        if (planned !== null) await budgets.take(tx, context, requestId, planned)
        if (keyed !== null && !(await store.claimKey(tx, { ...keyed, tenant, requestId, responseId, acceptedAt }))) {
          throw new KeyTaken()
        }
        await store.insert(tx, request)
        await events.submitted(tx, context, {
          requestId,
          responseId,
          model: input.model,
          sessionId: input.sessionId,
          previousResponseId: input.previousResponseId,
          store: input.store,
          keepFrames: input.store || keyed !== null,
          acceptedAt,
        })
        tx.afterCommit(() => recentInputs.remember(request))
      }, context)
    } catch (error) {
      const earlier = store.isTaken(error) ? await find(context, requestId) : undefined
      if (earlier === undefined) throw error
      return earlier
    }
    return { requestId, responseId, acceptedAt, replayed: false }
  }
}

interface Ids {
  readonly requestId: string
  readonly responseId: string
}

/** A wish that names itself has the same ids each time it is sent, and so the same turn in its session. */
function idsOf({ submissionId }: SubmitRequest, newId: NewId): Ids {
  if (submissionId === undefined) return { requestId: newId('req'), responseId: newId('resp') }
  return { requestId: submissionId, responseId: `resp_${submissionId.slice('req_'.length)}` }
}

/** A reservation that cannot be let go of lapses by itself; the reason for the refusal matters more to the caller. */
async function abandon(turns: Turns, context: CallContext, turn: Turn, reason: unknown): Promise<void> {
  await turns.abandon(context, turn).catch((error: unknown) => {
    if (reason instanceof Error && reason.cause === undefined) reason.cause = error
  })
}

function encode(input: RequestInput): string {
  try {
    return JSON.stringify(input)
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'The request is nested too deeply to be written as JSON.', { cause })
  }
}

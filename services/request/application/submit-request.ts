import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Accepted, RequestInput, SubmitRequest } from '../contract.ts'
import { checkRequest } from '../domain/request-rules.ts'
import { type AcceptOnce, type KeyedSubmission, KeyTaken } from './accept-once.ts'
import type { HoldBudgets } from './hold-budgets.ts'
import type { AcceptedRequest, RecentInputs, RequestEvents, RequestStore, Turns } from './ports.ts'
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
 * Accepts a request durably, with what its budgets hold for it, or leaves no trace of it. With an idempotency key,
 * repeating the same submission returns the first acceptance. A session is reserved before the transaction, since a call has no place inside one; whatever
 * fails after that lets go of it.
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
    const responseId = newId('resp')
    if (submission.sessionId === null) {
      return commit(context, await resolveInput(context, submission, null), responseId, keyed)
    }
    const turn = { sessionId: submission.sessionId, responseId }
    const { preferredModel } = await turns.begin(context, turn)
    try {
      return await commit(context, await resolveInput(context, submission, preferredModel), responseId, keyed)
    } catch (error) {
      await abandon(context, turn, error)
      throw error
    }
  }

  /** A reservation that cannot be let go of lapses by itself; the reason for the refusal matters more to the caller. */
  async function abandon(
    context: CallContext,
    turn: { sessionId: string; responseId: string },
    reason: unknown,
  ): Promise<void> {
    await turns.abandon(context, turn).catch((error: unknown) => {
      if (reason instanceof Error && reason.cause === undefined) reason.cause = error
    })
  }

  async function commit(
    context: CallContext,
    { input, model }: ResolvedInput,
    responseId: string,
    keyed: KeyedSubmission | null,
  ): Promise<Accepted> {
    const { tenant, keyId } = context.principal
    const planning = budgets.plan(context, input, model)
    const planned = planning === null ? null : await planning
    const request: AcceptedRequest = {
      requestId: newId('req'),
      responseId,
      tenant,
      keyId,
      input,
      inputText: encode(input),
      acceptedAt: clock.now(),
      price: model.price,
      held: planned !== null,
    }
    const { requestId, acceptedAt } = request
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
    })
    return { requestId, responseId, acceptedAt, replayed: false }
  }
}

function encode(input: RequestInput): string {
  try {
    return JSON.stringify(input)
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'The request is nested too deeply to be written as JSON.', { cause })
  }
}

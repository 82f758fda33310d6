import type { ResponseStatus } from '@parley/kernel/frames.ts'

/** The service's tables. JSON is text, times are epoch milliseconds, truth values are 0 or 1. */
export interface ResponseSchema {
  responses: ResponseTable
  lost_attempts: LostAttemptTable
  attempts: AttemptView
  frames: FrameTable
  contents: ContentTable
  output_items: OutputItemTable
  runners: RunnerTable
}

export interface ResponseTable {
  response_id: string
  request_id: string
  tenant: string
  correlation_id: string
  traceparent: string | null
  model: string
  session_id: string | null
  previous_response_id: string | null
  store: number
  logged: number
  status: ResponseStatus
  attempt: number
  /** The process that runs it, or ran it last. */
  owner: string | null
  /** By the database's clock: when anyone may take the response up. Null once nothing is left to be done. */
  due_at: number | null
  cancel_requested: number
  /** The newest attempt was lost, and the response ended without another. */
  lost: number
  outcome: string | null
  pending_turn: string | null
  created_at: number
  completed_at: number | null
}

/** Attempts whose process died, or was too slow to keep its lease, and that another one followed. */
export interface LostAttemptTable {
  response_id: string
  attempt: number
  /** Estimated: what the provider may have been paid for. */
  usage: string | null
  lost_at: number
}

/**
 * Every attempt that there was. The newest one is part of its response, so that claiming it and noting that a provider
 * may be called is one write.
 */
export interface AttemptView {
  response_id: string
  attempt: number
  /** `dispatching`: the provider may have been called. `lost`: it may have been, and nobody knows what came of it. */
  state: 'dispatching' | 'ended' | 'lost'
}

/** Consecutive frames that were committed together. */
export interface FrameTable {
  response_id: string
  last_seq: number
  frames: string
}

/** Where the processes that run responses are reached, for those that have a place of their own on the network. */
export interface RunnerTable {
  owner: string
  url: string
  started_at: number
}

export interface ContentTable {
  response_id: string
  /** Instructions, options and metadata. */
  details: string
  /** The one that the request came in, where its own parameters say so. */
  dialect: string | null
  input: string
  output: string | null
}

export interface OutputItemTable {
  item_id: string
  response_id: string
}

/** One call as the provider saw it. The fields follow the call while it runs. */
export interface UpstreamRequest {
  readonly id: string
  /** The caller's `x-client-request-id`. */
  readonly clientRequestId: string | null
  /** The trace that the caller says it belongs to. */
  readonly traceparent: string | null
  readonly model: string | null
  readonly stream: boolean
  readonly status: number
  /** Bytes of body written so far. */
  bytes: number
  /** The caller went away before the answer was complete. */
  aborted: boolean
  ended: boolean
}

/** The service's tables. JSON is text, times are epoch milliseconds. */
export interface RequestSchema {
  requests: RequestTable
  idempotency_keys: IdempotencyKeyTable
  ledger: LedgerTable
}

export interface RequestTable {
  tenant: string
  request_id: string
  response_id: string
  key_id: string | null
  session_id: string | null
  model: string
  /** Null once the response has settled and the input was forgotten. */
  input: string | null
  accepted_at: number
}

export interface IdempotencyKeyTable {
  tenant: string
  idempotency_key: string
  fingerprint: string
  request_id: string
  response_id: string
  accepted_at: number
}

export interface LedgerTable {
  tenant: string
  request_id: string
  response_id: string
  status: 'completed' | 'incomplete' | 'failed' | 'cancelled'
  model: string
  provider: string | null
  usage: string | null
  attempts: number
  settled_at: number
}

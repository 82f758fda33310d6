/** The gateway's tables. Times are milliseconds since the epoch. */
export interface GatewaySchema {
  api_keys: ApiKeyTable
}

export interface ApiKeyTable {
  key_id: string
  tenant: string
  name: string
  hint: string
  /** SHA-256 of the secret, in hex. */
  secret_hash: string
  /** JSON array. */
  scopes: string
  requests_per_minute: number | null
  /** `preset` or `first`; at most one key each. */
  slot: string | null
  created_at: number
  expires_at: number | null
  revoked_at: number | null
}

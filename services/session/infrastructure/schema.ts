/** The service's tables. JSON is text, times are epoch milliseconds by the database's clock. */
export interface SessionSchema {
  users: UserTable
  sessions: SessionTable
  items: ItemTable
  turns: TurnTable
  prompts: PromptTable
}

export interface UserTable {
  tenant: string
  user_id: string
  profile: string
  preferences: string
  created_at: number
  updated_at: number
}

export interface SessionTable {
  tenant: string
  session_id: string
  user_id: string | null
  status: 'open' | 'idle' | 'closed' | 'expired'
  metadata: string
  preferences: string
  item_count: number
  next_position: number
  event_seq: number
  active_response_id: string | null
  lease_until: number | null
  created_at: number
  last_active_at: number
}

export interface ItemTable {
  tenant: string
  session_id: string
  position: number
  item_id: string
  item: string
  tokens: number
}

export interface TurnTable {
  tenant: string
  session_id: string
  response_id: string
  appended_at: number
}

export interface PromptTable {
  tenant: string
  prompt_id: string
  version: number
  text: string
  created_at: number
  retired_at: number | null
}

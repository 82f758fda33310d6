import type { ClientRecord, ConversationRecord, SeenEvent, SeenStream } from '../evidence/evidence.ts'

/** One connection while it is read. */
export class OpenStream implements SeenStream {
  readonly after: number
  readonly events: SeenEvent[] = []
  isComplete = false

  constructor(after: number) {
    this.after = after
  }

  get lastSeq(): number {
    return this.events.at(-1)?.seq ?? this.after
  }
}

/** What a client notes while it works. */
export class ClientNote implements ClientRecord {
  readonly model: string
  readonly kind: string
  readonly tenant: string
  readonly keyed: boolean
  readonly expectedText: string
  outcome: ClientRecord['outcome'] = 'unknown'
  readonly responseIds: string[] = []
  readonly streams: OpenStream[] = []
  text: string | null = null
  isComplete = false
  readonly errors: string[] = []
  isToldToRepeat = false
  readonly complaints: string[] = []
  #received = ''

  constructor(fixed: Pick<ClientRecord, 'model' | 'kind' | 'tenant' | 'keyed' | 'expectedText'>) {
    this.model = fixed.model
    this.kind = fixed.kind
    this.tenant = fixed.tenant
    this.keyed = fixed.keyed
    this.expectedText = fixed.expectedText
  }

  get received(): string {
    return `${this.#received}${this.streams.flatMap(({ events }) => events.map(({ raw }) => raw)).join('\n')}`
  }

  receive(text: string): void {
    this.#received += `${text}\n`
  }

  acknowledge(responseId: string | null): void {
    this.outcome = 'acknowledged'
    if (responseId !== null && !this.responseIds.includes(responseId)) this.responseIds.push(responseId)
  }

  /** An error answer: a refusal only when the server is sure that nothing was accepted. */
  fail(status: number, shouldRetry: boolean | null, text: string): void {
    this.errors.push(text)
    this.receive(text)
    this.isToldToRepeat = shouldRetry === true
    const isCertain = (status >= 400 && status < 500) || shouldRetry === true
    if (this.outcome === 'unknown' && isCertain && !this.keyed) this.outcome = 'refused'
  }
}

export class ConversationNote implements ConversationRecord {
  readonly tenant: string
  readonly conversationId: string
  readonly reads: { items: string[]; turns: number }[] = []
  readonly turns: { marker: string; responseId: string }[] = []

  constructor(tenant: string, conversationId: string) {
    this.tenant = tenant
    this.conversationId = conversationId
  }
}

/** Everything that clients have seen. */
export class Journal {
  readonly clients: ClientNote[] = []
  readonly conversations: ConversationNote[] = []
}

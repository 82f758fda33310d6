import type { Journey } from './journey.ts'
import { cancellationJourneys } from './journeys/cancellation.ts'
import { chatJourneys } from './journeys/chat.ts'
import { chatToolJourneys } from './journeys/chat-tools.ts'
import { conversationJourneys } from './journeys/conversations.ts'
import { errorJourneys } from './journeys/errors.ts'
import { healthJourneys } from './journeys/health.ts'
import { idempotencyJourneys } from './journeys/idempotency.ts'
import { keyJourneys } from './journeys/keys.ts'
import { ledgerJourneys } from './journeys/ledger.ts'
import { modelJourneys } from './journeys/models.ts'
import { promptJourneys } from './journeys/prompts.ts'
import { providerFaultJourneys } from './journeys/provider-faults.ts'
import { responseJourneys } from './journeys/responses.ts'
import { sessionJourneys } from './journeys/sessions.ts'
import { slowClientJourneys } from './journeys/slow-clients.ts'
import { storedResponseJourneys } from './journeys/stored-responses.ts'
import { tenantJourneys } from './journeys/tenants.ts'
import { transcriptJourneys } from './journeys/transcript.ts'

export const journeys: readonly Journey[] = [
  ...chatJourneys,
  ...chatToolJourneys,
  ...modelJourneys,
  ...responseJourneys,
  ...storedResponseJourneys,
  ...conversationJourneys,
  ...sessionJourneys,
  ...promptJourneys,
  ...tenantJourneys,
  ...errorJourneys,
  ...cancellationJourneys,
  ...slowClientJourneys,
  ...providerFaultJourneys,
  ...idempotencyJourneys,
  ...keyJourneys,
  ...ledgerJourneys,
  ...healthJourneys,
  ...transcriptJourneys,
]

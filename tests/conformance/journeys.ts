import type { Journey } from './journey.ts'
import { backgroundJourneys } from './journeys/background.ts'
import { budgetJourneys } from './journeys/budgets.ts'
import { cancellationJourneys } from './journeys/cancellation.ts'
import { chatJourneys } from './journeys/chat.ts'
import { chatParameterJourneys } from './journeys/chat-parameters.ts'
import { chatSessionJourneys } from './journeys/chat-sessions.ts'
import { chatToolJourneys } from './journeys/chat-tools.ts'
import { conversationJourneys } from './journeys/conversations.ts'
import { embeddingJourneys } from './journeys/embeddings.ts'
import { errorJourneys } from './journeys/errors.ts'
import { healthJourneys } from './journeys/health.ts'
import { idempotencyJourneys } from './journeys/idempotency.ts'
import { keyJourneys } from './journeys/keys.ts'
import { ledgerJourneys } from './journeys/ledger.ts'
import { messagesJourneys } from './journeys/messages.ts'
import { modelJourneys } from './journeys/models.ts'
import { promptJourneys } from './journeys/prompts.ts'
import { providerFaultJourneys } from './journeys/provider-faults.ts'
import { publishedJourneys } from './journeys/published.ts'
import { responseParameterJourneys } from './journeys/response-parameters.ts'
import { responseJourneys } from './journeys/responses.ts'
import { sessionJourneys } from './journeys/sessions.ts'
import { slowClientJourneys } from './journeys/slow-clients.ts'
import { socketJourneys } from './journeys/sockets.ts'
import { storedCompletionJourneys } from './journeys/stored-completions.ts'
import { storedResponseJourneys } from './journeys/stored-responses.ts'
import { tenantJourneys } from './journeys/tenants.ts'
import { transcriptJourneys } from './journeys/transcript.ts'

export const journeys: readonly Journey[] = [
  ...chatJourneys,
  ...chatToolJourneys,
  ...chatParameterJourneys,
  ...chatSessionJourneys,
  ...messagesJourneys,
  ...embeddingJourneys,
  ...modelJourneys,
  ...responseJourneys,
  ...storedResponseJourneys,
  ...storedCompletionJourneys,
  ...backgroundJourneys,
  ...responseParameterJourneys,
  ...socketJourneys,
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
  ...budgetJourneys,
  ...healthJourneys,
  ...transcriptJourneys,
  ...publishedJourneys,
]

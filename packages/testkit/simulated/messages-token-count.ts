import { estimateTextTokens } from '@parley/kernel/usage.ts'
import { messagesUpstream } from './messages-answer.ts'
import { readMessagesCall } from './messages-request.ts'
import { countInput } from './simulated-model.ts'

/** `POST messages/count_tokens` as the simulated upstream answers it. */
export function answerTokenCount(text: string): { status: number; text: string } {
  const read = readMessagesCall(text, { counting: true })
  if (read.status === 'wrong') {
    return { status: 400, text: messagesUpstream.toErrorBody(400, { ...read, code: null }) }
  }
  const { request } = read.call
  const { tools = [] } = request.options
  const toolTokens = tools.length === 0 ? 0 : estimateTextTokens(JSON.stringify(tools))
  return { status: 200, text: JSON.stringify({ input_tokens: countInput(request) + toolTokens }) }
}

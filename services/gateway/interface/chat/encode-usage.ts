import type { FinishReason } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'

export function encodeUsage({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

export function encodeFinish(finish: FinishReason | null): string {
  return finishReasons[finish ?? 'stop']
}

/** `chatcmpl-` and the hex digits of the response id. */
export function completionId(responseId: string): string {
  return `chatcmpl-${responseId.slice(responseId.indexOf('_') + 1)}`
}

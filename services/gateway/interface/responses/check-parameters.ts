import { invalid, unsupported } from '../schemas.ts'
import type { ResponsesBody } from './schema.ts'

/** Refuses what cannot be honoured and would change the answer, in words. Throws UNSUPPORTED_PARAMETER, INVALID_REQUEST. */
export function checkParameters(body: ResponsesBody): void {
  for (const [name, advice] of Object.entries(parametersOfChat)) {
    if ((body as Readonly<Record<string, unknown>>)[name] !== undefined) {
      throw unsupported(name, `${name} is not a parameter of responses. ${advice}`)
    }
  }
  if (body.background === true && body.store === false) {
    throw invalid('background', 'background: true needs store: true, so that the response can be fetched later.')
  }
  for (const side of ['input', 'output'] as const) {
    if (body.moderation?.policy?.[side]?.mode === 'block') {
      const param = `moderation.policy.${side}.mode`
      throw unsupported(param, `${param}: nothing is blocked here. Leave the policy out, or moderate before you ask.`)
    }
  }
  const program = body.access_programs?.cyber ?? 'standard'
  if (program !== 'standard') {
    throw unsupported('access_programs.cyber', "access_programs.cyber can only be 'standard' here.")
  }
}

/** Parameters of chat completions that clients mix up with those of responses. Dropping one would change the answer. */
const parametersOfChat: Readonly<Record<string, string>> = {
  messages: 'Send the messages as input.',
  response_format: 'Send it as text.format.',
  max_tokens: 'Send it as max_output_tokens.',
  max_completion_tokens: 'Send it as max_output_tokens.',
  reasoning_effort: 'Send it as reasoning.effort.',
  functions: 'Send them as tools.',
  function_call: 'Send it as tool_choice.',
  logprobs: "Send include: ['message.output_text.logprobs'], and top_logprobs.",
  logit_bias: 'Use /v1/chat/completions for it.',
  stop: 'Use /v1/chat/completions for stop sequences.',
  seed: 'Use /v1/chat/completions for it.',
  n: 'Send several requests instead.',
}

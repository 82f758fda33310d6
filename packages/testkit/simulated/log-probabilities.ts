/** What the model says of its own certainty: each chunk is one token, and it is always sure. */
export function toLogprobs(chunk: string, alternatives: number): object[] {
  const entry = (token: string, logprob: number) => ({ token, logprob, bytes: [...Buffer.from(token)] })
  const others = Array.from({ length: alternatives }, (_, rank) =>
    rank === 0 ? entry(chunk, surely) : entry(`${chunk.trim()}?${rank}`, surely - 4 * rank),
  )
  return [{ ...entry(chunk, surely), top_logprobs: others }]
}

const surely = -0.125

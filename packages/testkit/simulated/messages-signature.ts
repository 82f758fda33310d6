/** What the simulated provider signs its reasoning with: told by the text, so that a changed one is noticed. */
export function signReasoning(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return `simulated-signature-${(hash >>> 0).toString(16).padStart(8, '0')}`
}

/** Reasoning that only the simulated provider can read. */
export const redactedReasoning = 'simulated-redacted-reasoning'

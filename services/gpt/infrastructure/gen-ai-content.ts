import { type Item, itemText } from '@parley/kernel/items.ts'
import type { ModelEnd, ModelRequest } from '../application/ports.ts'

/**
 * Prompts and answers in the form that OpenTelemetry's conventions for generative AI give them. Only for deployments that
 * ask for it: the tracing backend then holds what users wrote.
 */
export function inputContent({ instructions, items }: ModelRequest): [string, string][] {
  const messages: [string, string][] = bounded('gen_ai.input.messages', items.map(toMessage))
  if (instructions === null) return messages
  return [...bounded('gen_ai.system_instructions', [{ type: 'text', content: instructions }]), ...messages]
}

export function outputContent(items: readonly Item[], { finish }: ModelEnd): [string, string][] {
  const messages = items.map((item) => ({ ...toMessage(item), finish_reason: finish.replace('-', '_') }))
  return bounded('gen_ai.output.messages', messages)
}

const contentCharsMax = 256 * 1024

/** Half a JSON text would be none, so what is too long is left out as a whole. */
function bounded(name: string, value: readonly unknown[]): [string, string][] {
  const text = JSON.stringify(value)
  return text.length > contentCharsMax ? [] : [[name, text]]
}

function toMessage(item: Item): { role: string; parts: object[] } {
  switch (item.type) {
    case 'message':
      return { role: item.role, parts: [{ type: 'text', content: itemText(item) }] }
    case 'function_call': {
      const { call_id: id, name, arguments: given } = item
      return { role: 'assistant', parts: [{ type: 'tool_call', id, name, arguments: given }] }
    }
    case 'function_call_output':
      return { role: 'tool', parts: [{ type: 'tool_call_response', id: item.call_id, response: itemText(item) }] }
    case 'reasoning':
      return { role: 'assistant', parts: [{ type: 'reasoning', content: itemText(item) }] }
  }
}

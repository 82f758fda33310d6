import { type Item, itemText } from '@parley/kernel/items.ts'

const quoteCharsMax = 500

/**
 * What the simulated model says: it names itself, quotes the last message, counts the earlier ones, and knows the facts
 * that the user has told it (`my name is Ada` → `what is my name?`), so that memory can be tested.
 */
export function answerText(items: readonly Item[], prompt: string): string {
  const outputs = trailingOutputs(items)
  if (outputs.length > 0) return `Simulated answer: ${outputs.map(sayOutput(items)).join('; ')}.`
  const asked = /\bwhat(?:['’]s| is) my ([\p{L} ]{1,40})/iu.exec(prompt)?.[1]?.trim()
  if (asked !== undefined) return answerAboutUser(items, asked)
  const messages = items.filter(
    (item) => item.type === 'message' && (item.role === 'user' || item.role === 'assistant'),
  )
  if (messages.length === 0) return 'Simulated answer: I see no messages.'
  return `Simulated answer: you said “${quote(prompt)}”.${sayEarlier(messages.length - 1)}`
}

/** The function outputs at the very end, which the model is to answer now. */
export function trailingOutputs(items: readonly Item[]): Extract<Item, { type: 'function_call_output' }>[] {
  const outputs = []
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index]
    if (item?.type !== 'function_call_output') break
    outputs.unshift(item)
  }
  return outputs
}

function sayOutput(items: readonly Item[]) {
  return (output: Extract<Item, { type: 'function_call_output' }>): string => {
    const call = items.findLast((item) => item.type === 'function_call' && item.call_id === output.call_id)
    const name = call?.type === 'function_call' ? call.name : output.call_id
    return `${name} returned “${quote(itemText(output))}”`
  }
}

function answerAboutUser(items: readonly Item[], subject: string): string {
  for (const item of items.toReversed()) {
    if (item.type !== 'message' || item.role !== 'user') continue
    const value = factIn(itemText(item), subject)
    if (value !== null) return `Simulated answer: your ${subject} is ${value}.`
  }
  return `Simulated answer: you have not told me your ${subject}.`
}

function factIn(text: string, subject: string): string | null {
  let value: string | null = null
  for (const match of text.matchAll(/\bmy ([\p{L} ]{1,40}?) is ([^.!?;,\n]{1,80})/giu)) {
    if (match[1]?.toLowerCase() === subject.toLowerCase()) value = match[2]?.split(/ (?:and|but) /)[0]?.trim() ?? null
  }
  return value
}

function sayEarlier(count: number): string {
  return count === 0 ? '' : ` I see ${count} earlier ${count === 1 ? 'message' : 'messages'}.`
}

function quote(text: string): string {
  const characters = text.length > quoteCharsMax ? [...text.slice(0, 2 * quoteCharsMax)] : []
  return characters.length > quoteCharsMax ? `${characters.slice(0, quoteCharsMax).join('')}…` : text.trim()
}

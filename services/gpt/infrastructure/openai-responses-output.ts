import type { NewId } from '@parley/chassis/values/ids.ts'
import type { ContentPart, Item, ItemStatus } from '@parley/kernel/items.ts'
import type { DecodeOptions } from './answer-dialect.ts'
import { type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { garbled } from './provider-failures.ts'

export type TextKind = 'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'arguments-delta'

export interface ItemText {
  readonly kind: TextKind
  readonly text: string
  readonly logprobs: unknown[] | null
}

/** One output item of the provider, under an id of Parley's own. */
export interface OutputItem {
  readonly begun: Item
  /** `done`: the item as the provider ends it. */
  end(done: JsonObject): Item
}

/**
 * Fields that nobody here knows stay where they are. Reasoning keeps the provider's id, under which it is passed back.
 * What the provider's own tools make is a message without parts that holds it.
 */
export function readOutputItem(added: JsonObject, { newId, provider }: DecodeOptions): OutputItem {
  switch (added['type']) {
    case 'message':
      return ofMessage(newId('msg'))
    case 'function_call':
    case 'custom_tool_call': {
      if (stringOf(added['name']) === '') throw garbled(provider, 'a tool call has no name')
      return ofCall(added, newId)
    }
    case 'reasoning':
      return ofReasoning(newId('rs'))
    default:
      if (stringOf(added['type']) === '') throw garbled(provider, 'an output item has no type')
      return ofHosted(added, newId('item'))
  }
}

/** What the deltas of an item add up to. */
export function textsOf(item: Item): ItemText[] {
  if (item.type === 'function_call') return [{ kind: 'arguments-delta', text: item.arguments, logprobs: null }]
  if (item.type === 'reasoning') {
    const text = (item.content ?? []).map((part) => part.text).join('')
    return [{ kind: 'reasoning-delta', text, logprobs: null }]
  }
  if (item.type !== 'message') return []
  return item.content.flatMap((part): ItemText[] => {
    const logprobs =
      'logprobs' in part && part.logprobs !== undefined && part.logprobs.length > 0 ? part.logprobs : null
    if (part.type === 'output_text') return [{ kind: 'text-delta', text: part.text, logprobs }]
    return part.type === 'refusal' ? [{ kind: 'refusal-delta', text: part.refusal, logprobs }] : []
  })
}

function ofMessage(id: string): OutputItem {
  const role = 'assistant' as const
  return {
    begun: { type: 'message', id, status: 'in_progress', role, content: [] },
    end: ({ id: _id, type: _type, status, role: _role, content, ...rest }) => ({
      ...withoutOwn(rest),
      type: 'message',
      id,
      status: statusOf(status),
      role,
      content: readParts(objectsOf(content)),
    }),
  }
}

function ofCall(added: JsonObject, newId: NewId): OutputItem {
  const id = newId('fc')
  const callId = stringOf(added['call_id']) || newId('call')
  const type = 'function_call' as const
  const isCustom = added['type'] === 'custom_tool_call'
  const call = (fields: JsonObject, status: ItemStatus, text: string): Item => {
    const {
      id: _id,
      type: _type,
      status: _status,
      call_id: _callId,
      name,
      arguments: _text,
      input: _input,
      ...rest
    } = fields
    const made = { ...withoutOwn(rest), type, id, status, call_id: callId, name: stringOf(name), arguments: text }
    return isCustom ? { ...made, custom: true } : made
  }
  return {
    begun: call(added, 'in_progress', ''),
    end: (done) =>
      call({ ...added, ...done }, statusOf(done['status']), stringOf(done[isCustom ? 'input' : 'arguments'])),
  }
}

function ofReasoning(id: string): OutputItem {
  const type = 'reasoning' as const
  return {
    begun: { type, id, status: 'in_progress', summary: [] },
    end: ({ id: theirs, type: _type, status, summary, content, encrypted_content: sealed, ...rest }) => {
      const texts = objectsOf(content).map((part) => ({
        type: 'reasoning_text' as const,
        text: stringOf(part['text']),
      }))
      return {
        ...withoutOwn(rest),
        type,
        id,
        status: statusOf(status),
        summary: objectsOf(summary).map((part) => ({ type: 'summary_text' as const, text: stringOf(part['text']) })),
        ...(texts.length > 0 && { content: texts }),
        ...(typeof sealed === 'string' && { encrypted_content: sealed }),
        ...(typeof theirs === 'string' && { native: { dialect: 'responses' as const, fields: { id: theirs } } }),
      }
    },
  }
}

function ofHosted(added: JsonObject, newItemId: string): OutputItem {
  // Providers know the kind of an item by how its id begins.
  const [kind = 'item'] = /^[a-z]{1,8}(?=_)/.exec(stringOf(added['id'])) ?? []
  const id = newItemId.replace(/^[a-z]+/, kind)
  const item = (status: ItemStatus, fields: JsonObject): Item => ({
    type: 'message',
    id,
    status,
    role: 'assistant',
    content: [],
    native: { dialect: 'responses', fields },
  })
  return { begun: item('in_progress', { item: added }), end: (done) => item(statusOf(done['status']), { item: done }) }
}

/** One part of each kind: texts of several parts are one, as their deltas are. */
function readParts(parts: readonly JsonObject[]): ContentPart[] {
  const texts = parts.filter(({ type }) => type === 'output_text')
  const refusals = parts.filter(({ type }) => type === 'refusal')
  const [first] = texts
  const read: ContentPart[] = []
  if (first !== undefined || refusals.length === 0) {
    const { type: _type, text: _text, annotations: _annotations, logprobs: _logprobs, ...rest } = first ?? {}
    read.push({
      ...withoutOwn(rest),
      type: 'output_text',
      text: joined(texts, 'text'),
      annotations: all(texts, 'annotations'),
      logprobs: all(texts, 'logprobs'),
    })
  }
  if (refusals.length > 0) read.push({ type: 'refusal', refusal: joined(refusals, 'refusal') })
  return read
}

function joined(parts: readonly JsonObject[], name: string): string {
  return parts.map((part) => stringOf(part[name])).join('')
}

function all(parts: readonly JsonObject[], name: string): unknown[] {
  return parts.flatMap((part) => (Array.isArray(part[name]) ? part[name] : []))
}

function statusOf(status: unknown): ItemStatus {
  return status === 'incomplete' || status === 'in_progress' ? 'incomplete' : 'completed'
}

/** Fields that mean something else here than to the provider. */
function withoutOwn({
  native: _,
  choice: _choice,
  custom: _custom,
  name: _name,
  signature: _signature,
  ...rest
}: JsonObject) {
  return rest
}

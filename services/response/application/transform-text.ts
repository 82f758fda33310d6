import type { GenerationStep, OutputStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { StreamTransform } from './pipeline.ts'

/**
 * Rewrites one text as it arrives. What `write` and `end` return, put together, is the new text; it must not depend on
 * where the deltas were cut. `write` may hold text back until it knows what follows, within a bound.
 */
export interface TextRewriter {
  write(delta: string): string
  end(): string
}

/** Applies a rewriter to the message text of a response: to its deltas, and to the finished item in the same way. */
export function transformText(createRewriter: () => TextRewriter): StreamTransform {
  return async function* transform(steps) {
    const open = new Map<number, OpenText>()
    for await (const step of steps) {
      if (step.type === 'text-delta') {
        const text = openText(open, step.index, createRewriter)
        const delta = text.rewriter.write(step.delta)
        text.received = true
        if (delta !== '') yield text.emit(delta)
      } else if (step.type === 'item-end' && step.item.type === 'message') {
        yield* endOf(step.index, step.item, openText(open, step.index, createRewriter))
        open.delete(step.index)
      } else {
        yield step
      }
    }
    // A stream that ends early still delivers what was held back.
    for (const text of open.values()) {
      const rest = text.rewriter.end()
      if (rest !== '') yield text.emit(rest)
    }
  }
}

type MessageItem = Extract<Item, { type: 'message' }>

interface OpenText {
  readonly rewriter: TextRewriter
  received: boolean
  written: string
  emit(delta: string): OutputStep
}

function openText(open: Map<number, OpenText>, index: number, createRewriter: () => TextRewriter): OpenText {
  const known = open.get(index)
  if (known !== undefined) return known
  const text: OpenText = {
    rewriter: createRewriter(),
    received: false,
    written: '',
    emit(delta) {
      text.written += delta
      return { type: 'text-delta', index, delta }
    },
  }
  open.set(index, text)
  return text
}

/** The text that was held back, then the item with what was written in all. */
function* endOf(index: number, item: MessageItem, text: OpenText): Generator<GenerationStep> {
  const original = item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('')
  // An item may come with text that no delta announced.
  const rest = (text.received ? '' : text.rewriter.write(original)) + text.rewriter.end()
  if (rest !== '') yield text.emit(rest)
  const { written } = text
  yield { type: 'item-end', index, item: written === original ? item : withText(item, written) }
}

/** All text in the place of the first text part. Annotations are left out: they point into the old text. */
function withText(item: MessageItem, text: string): MessageItem {
  const content: MessageItem['content'] = []
  let placed = text === ''
  for (const part of item.content) {
    if (part.type !== 'output_text') content.push(part)
    else if (!placed) {
      content.push({ type: 'output_text', text, annotations: [] })
      placed = true
    }
  }
  return { ...item, content }
}

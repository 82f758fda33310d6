import type { GenerationStep } from '@parley/kernel/frames.ts'
import { itemText } from '@parley/kernel/items.ts'
import fc from 'fast-check'
import { createPipeline, type PostProcessingStep, type StepContext } from '../../../application/pipeline.ts'
import { assistantMessage, generationEnd, itemStart } from '../../neighbours.ts'

export const plain: StepContext = { responseId: 'resp_1', tenant: 'tenant-a', model: 'm', textFormat: null }

/** A text and a way to cut it into deltas, empty ones included. */
export function chunked(text: fc.Arbitrary<string>): fc.Arbitrary<{ text: string; deltas: string[] }> {
  return text.chain((whole) =>
    fc.array(fc.nat(whole.length)).map((cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), whole.length]
      return { text: whole, deltas: edges.slice(1).map((edge, index) => whole.slice(edges[index], edge)) }
    }),
  )
}

/** What comes out for a message in these deltas. Throws when the grammar of steps is broken. */
export async function processed(step: PostProcessingStep, deltas: readonly string[], context = plain): Promise<string> {
  let text = ''
  let finished: string | null = null
  for await (const out of createPipeline([step])(context, messageSteps(deltas))) {
    if (out.type === 'text-delta') text += out.delta
    if (out.type === 'text-delta' && out.delta === '') throw new Error('an empty delta says nothing')
    if (out.type === 'item-end') finished = itemText(out.item)
  }
  if (finished !== text) throw new Error(`the deltas say '${text}', the finished item '${finished}'`)
  return text
}

async function* messageSteps(deltas: readonly string[]): AsyncGenerator<GenerationStep> {
  yield itemStart
  for (const delta of deltas) yield { type: 'text-delta', index: 0, delta }
  yield { type: 'item-end', index: 0, item: assistantMessage(deltas.join('')) }
  yield generationEnd()
}

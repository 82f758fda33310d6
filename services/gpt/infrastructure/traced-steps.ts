import type { CallScope } from '@parley/chassis/contract/call-scope.ts'
import type { Span } from '@parley/chassis/telemetry/tracing/tracer.ts'
import { type ReadyIterator, takeReady } from '@parley/chassis/values/ready-values.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { ModelEnd, ModelStep } from '../application/ports.ts'
import { endAttributes } from './gen-ai-attributes.ts'
import { outputContent } from './gen-ai-content.ts'

export interface GenerationSpan {
  readonly span: Span
  /** Of the call; closing it ends the span. */
  readonly scope: CallScope
  readonly captureContent: boolean
  readonly isIncremental: boolean
}

/** Passes the steps of a generation on, and notes on its span what they tell. */
export class TracedSteps implements ReadyIterator<ModelStep> {
  readonly #inner: AsyncIterator<ModelStep>
  readonly #generation: GenerationSpan
  readonly #startedMs = performance.now()
  readonly #items: Item[] = []
  #hasOutput = false

  constructor(inner: AsyncIterator<ModelStep>, generation: GenerationSpan) {
    this.#inner = inner
    this.#generation = generation
  }

  async next(): Promise<IteratorResult<ModelStep, undefined>> {
    const { scope } = this.#generation
    try {
      const result = await this.#inner.next()
      if (result.done === true) {
        scope.close()
        return { done: true, value: undefined }
      }
      this.#note(result.value)
      return { done: false, value: result.value }
    } catch (error) {
      scope.failed(error)
      scope.close()
      throw error
    }
  }

  ready(): ModelStep | undefined {
    const step = takeReady(this.#inner)
    if (step !== undefined) this.#note(step)
    return step
  }

  async return(): Promise<IteratorResult<ModelStep, undefined>> {
    await this.#inner.return?.()
    this.#generation.scope.close()
    return { done: true, value: undefined }
  }

  #note(step: ModelStep): void {
    if (step.type === 'model-end') this.#noteEnd(step)
    else if (step.type === 'item-end') this.#items.push(step.item)
    else if (step.type !== 'item-start' && !this.#hasOutput) this.#noteFirst()
  }

  #noteFirst(): void {
    this.#hasOutput = true
    const { span, isIncremental } = this.#generation
    if (isIncremental) span.set('gen_ai.response.time_to_first_chunk', (performance.now() - this.#startedMs) / 1_000)
  }

  /** The answer is complete, whether or not somebody asks for what comes after it. */
  #noteEnd(end: ModelEnd): void {
    const { span, scope, captureContent } = this.#generation
    for (const [name, value] of endAttributes(end)) span.set(name, value)
    if (captureContent) for (const [name, value] of outputContent(this.#items, end)) span.set(name, value)
    scope.close()
  }
}

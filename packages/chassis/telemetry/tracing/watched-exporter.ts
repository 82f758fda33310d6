import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'

type Export = SpanExporter['export']
type ExportResult = Parameters<Parameters<Export>[1]>[0]

const succeeded = 0
const failed = 1

export interface WatchedExporterOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly log: Pick<Logger, 'info' | 'warn'>
}

/** Says once in the log when spans cannot be sent, and once when they can again. Those that could not are lost. */
export class WatchedExporter implements SpanExporter {
  readonly #inner: SpanExporter
  readonly #url: string
  readonly #timeoutMs: number
  readonly #log: Pick<Logger, 'info' | 'warn'>
  #lostSpans = 0

  constructor(inner: SpanExporter, { url, timeoutMs, log }: WatchedExporterOptions) {
    this.#inner = inner
    this.#url = originOf(url)
    this.#timeoutMs = timeoutMs
    this.#log = log
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    let isOver = false
    const settle = (result: ExportResult) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      this.#note(spans.length, result)
      // What was lost is told here, so that the SDK need not tell it again for every batch.
      done({ code: succeeded })
    }
    // A backend that takes the connection and never answers is down as well.
    const timer = setTimeout(() => settle({ code: failed, error: new Error('no answer in time') }), this.#timeoutMs)
    timer.unref()
    this.#inner.export(spans, settle)
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.()
  }

  #note(spanCount: number, { code, error }: ExportResult): void {
    if (code === succeeded) {
      if (this.#lostSpans > 0) {
        const lost = { 'url.full': this.#url, lostSpans: this.#lostSpans }
        this.#log.info(lost, 'traces are sent again')
      }
      this.#lostSpans = 0
      return
    }
    if (this.#lostSpans === 0) this.#log.warn({ err: error, 'url.full': this.#url }, 'traces cannot be sent')
    this.#lostSpans += spanCount
  }
}

/** Without a path and without a password. */
function originOf(url: string): string {
  return new URL(url).origin
}

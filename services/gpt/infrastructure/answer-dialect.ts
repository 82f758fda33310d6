import type { NewId } from '@parley/chassis/values/ids.ts'
import type { ModelStep } from '../application/ports.ts'
import type { ProviderIdentity } from './provider-failures.ts'

export interface DecodeOptions {
  readonly provider: ProviderIdentity
  readonly newId: NewId
  /** What was asked for; stands in when the provider does not name its model. */
  readonly providerModel: string
  /** How many answers were asked for; absent: one. */
  readonly choices?: number
}

/** How the answers of a provider's dialect are read. */
export interface AnswerDialect {
  openStream(options: DecodeOptions): StreamDecoder
  /** The steps of a whole answer. Throws PROVIDER_GARBLED, or what an error in the body stands for. */
  decodeWhole(text: string, options: DecodeOptions): ModelStep[]
}

/** Decodes the `data` of a stream's events, one by one. */
export interface StreamDecoder {
  /** The model has said why it stopped; at most usage is still to come. */
  readonly isFinished: boolean
  /** The stream has told its own end; what follows has no meaning. */
  readonly isDone: boolean
  /** True when the event brought the answer forward. Throws PROVIDER_GARBLED, or what an error event stands for. */
  push(data: string): boolean
  /** The steps decoded since the last call. */
  take(): ModelStep[]
  /** The remaining steps, once the input has ended. Throws PROVIDER_GARBLED when the answer is not complete. */
  end(): ModelStep[]
}

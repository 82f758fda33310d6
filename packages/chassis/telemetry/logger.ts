import { ecsFormat } from '@elastic/ecs-pino-format'
import {
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions as PinoOptions,
  pino,
  stdTimeFunctions,
  transport,
} from 'pino'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LoggerOptions {
  level: LogLevel
  /** `pretty` for people at a terminal, `json` (ECS fields) for everything else. */
  format: 'pretty' | 'json'
  /** Where lines go instead of standard error. */
  stream?: DestinationStream
}

const bufferBytes = 15 * 1_024
const flushMs = 250

/**
 * The log of one process, on standard error, so that standard output stays for what the program answers. Lines are
 * written in batches; what is left is flushed when the process ends.
 */
export function createLogger({ level, format, stream }: LoggerOptions): Logger {
  if (stream !== undefined) return pino({ ...ecsOptions(), level }, stream)
  if (format === 'pretty') {
    const options = { destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }
    return pino({ level, timestamp: stdTimeFunctions.epochTime }, transport({ target: 'pino-pretty', options }))
  }
  const output = destination({ dest: 2, sync: false, minLength: bufferBytes, periodicFlush: flushMs })
  return pino({ ...ecsOptions(), level }, output)
}

/** The format's own pass over every line only matters to lines with an error; the others are ECS fields already. */
function ecsOptions(): PinoOptions {
  const options = ecsFormat({ apmIntegration: false })
  const formatError = options.formatters?.log
  if (formatError === undefined) return options
  return {
    ...options,
    formatters: { ...options.formatters, log: (line) => (line.err === undefined ? line : formatError(line)) },
  }
}

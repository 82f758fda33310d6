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

import { placeOwnFields } from './own-fields.ts'

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
export function createLogger(options: LoggerOptions): Logger {
  const log = open(options)
  const children: Logger[] = []
  log.onChild = (child) => children.push(child)
  childrenOf.set(log, children)
  return log
}

const childrenOf = new WeakMap<Logger, readonly Logger[]>()

/** Of a log that `createLogger` made and of everything that was made from it, which keeps the level it began with. */
export function changeLevel(log: Logger, level: LogLevel): void {
  log.level = level
  for (const child of childrenOf.get(log) ?? []) child.level = level
}

function open({ level, format, stream }: LoggerOptions): Logger {
  if (stream !== undefined) return pino({ ...ecsOptions(), level }, stream)
  if (format === 'pretty') {
    const options = { destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }
    return pino({ level, timestamp: stdTimeFunctions.epochTime }, transport({ target: 'pino-pretty', options }))
  }
  const output = destination({ dest: 2, sync: false, minLength: bufferBytes, periodicFlush: flushMs })
  return pino({ ...ecsOptions(), level }, output)
}

/** The format's own pass over every line only matters to lines with an error. */
function ecsOptions(): PinoOptions {
  const options = ecsFormat({ apmIntegration: false })
  const formatError = options.formatters?.log
  const toEcs = (line: Record<string, unknown>) => {
    const placed = placeOwnFields(line)
    return placed.err === undefined || formatError === undefined ? placed : formatError(placed)
  }
  return { ...options, formatters: { ...options.formatters, log: toEcs } }
}

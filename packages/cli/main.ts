import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import { StoreRefusedError } from '@parley/chassis/store/store-errors.ts'
import { createProgram } from './program.ts'

/** The `parley` command. Problems are told in words, without a stack. */
try {
  await createProgram(process.env).parseAsync()
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof StoreRefusedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

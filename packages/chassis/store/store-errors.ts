import { AppError } from '../values/errors.ts'

/** A database that the program cannot start with; the message is for the operator and says what to do. */
export class StoreRefusedError extends Error {
  override name = 'StoreRefusedError'
}

const uniqueCodes = new Set([1555, 2067, 2579])
const busyCode = 5
const readOnlyCode = 8
const fsyncCodes = new Set([1034, 1290])
/** By primary result code. After one of these SQLite may have given up the transaction by itself. */
const unavailableReasons = new Map([
  [5, 'it is locked by another process'],
  [6, 'it is locked'],
  [7, 'memory ran out'],
  [8, 'it cannot be written to'],
  [9, 'the statement was interrupted'],
  [10, 'reading or writing the disk failed'],
  [11, 'the file is damaged'],
  [13, 'the disk is full'],
  [14, 'the file cannot be opened'],
  [15, 'its lock protocol failed'],
  [26, 'the file is not a database'],
])

/** True for the error of a statement that would have repeated a primary key or a unique value, on every store. */
export function isUniqueViolation(error: unknown): boolean {
  return uniqueCodes.has(sqliteCodeOf(error) ?? 0) || (error instanceof Error && Reflect.get(error, 'code') === '23505')
}

/** The disk failed to make data durable. Whether it did is unknown, and asking again would not tell. */
export function isFsyncError(error: unknown): boolean {
  return fsyncCodes.has(sqliteCodeOf(error) ?? 0)
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCodeOf(error) === busyCode
}

export function isReadOnlyViolation(error: unknown): boolean {
  return primaryCodeOf(error) === readOnlyCode
}

/**
 * Turns what the driver threw into STORE_UNAVAILABLE when the database could not work. Violated constraints and faulty
 * SQL come back as they are: the first are outcomes that adapters look for, the second are defects.
 */
export function toStoreError(error: unknown, service: string): unknown {
  const code = primaryCodeOf(error)
  const reason = code === null ? undefined : unavailableReasons.get(code)
  return reason === undefined ? error : storeUnavailable(service, reason, error)
}

/** `reason` is for the operator: it is kept in the cause, which is logged and not shown to callers. */
export function storeUnavailable(service: string, reason: string, cause?: unknown): AppError {
  return new AppError('STORE_UNAVAILABLE', 'The storage of Parley is not available at the moment. Try again shortly.', {
    cause: new StoreRefusedError(`the database of service ${service} cannot be used: ${reason}`, { cause }),
  })
}

function primaryCodeOf(error: unknown): number | null {
  const code = sqliteCodeOf(error)
  return code === null ? null : code & 0xff
}

/** The extended result code, which `node:sqlite` gives as `errcode`. */
function sqliteCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}

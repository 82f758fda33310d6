import { AppError } from '../values/errors.ts'
import { storeUnavailable } from './store-errors.ts'

/** By SQLSTATE, or by its first two characters: why the database could not work. Nothing of the statement was kept. */
const unavailableReasons = new Map([
  ['08', 'the connection broke'],
  ['0A000', 'its tables were changed by a newer Parley'],
  ['25006', 'it only takes reads at the moment'],
  ['25P03', 'a unit of work was idle for too long'],
  ['28', 'it refuses the user or password'],
  ['3D000', 'there is no such database'],
  ['40', 'two units of work were in each other’s way'],
  ['53', 'its memory, disk or connections are exhausted'],
  ['55P03', 'a row was locked for too long'],
  ['57', 'it stopped the statement or is shutting down'],
  ['58', 'reading or writing its disk failed'],
  ['XX', 'its data is damaged'],
])
const undecodable = new Set(['22021', '22P05'])
const socketCode = /^E[A-Z_]{3,}$/
const driverWords =
  /^Connection terminated|connection error|was closed|timeout (expired|exceeded)|read timeout|did not answer in time|broke while|^SASL|SSL connection/
const divisionByZero = '22012'
const abortedTransaction = '25P02'
const uniqueViolation = '23505'
const duplicateObject = new Set(['42710', '42P06', uniqueViolation])
const startingUp = '57P03'
const passingCodes = new Set<unknown>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EPIPE', startingUp])
const brokenWords = /^Connection terminated|was closed|broke while/

/**
 * Turns what the driver threw into STORE_UNAVAILABLE when the database could not work, and into INVALID_REQUEST for text
 * that it cannot hold. Violated constraints and faulty SQL come back as they are.
 */
export function toPostgresError(error: unknown, service: string): unknown {
  const state = sqlStateOf(error)
  if (state === null)
    return isConnectionError(error)
      ? storeUnavailable(service, `the connection failed (${error.message})`, error)
      : error
  if (undecodable.has(state)) {
    const message = 'A text contains the character NUL (\\u0000), which cannot be stored. Remove it.'
    return new AppError('INVALID_REQUEST', message, { cause: error })
  }
  const reason = unavailableReasons.get(state) ?? unavailableReasons.get(state.slice(0, 2))
  return reason === undefined ? error : storeUnavailable(service, `${reason} (SQLSTATE ${state})`, error)
}

/** A connection that broke while a commit was under way: the database knows what became of it, nobody else does. */
export function commitUnknown(service: string, cause: unknown): AppError {
  return new AppError(
    'OUTCOME_UNKNOWN',
    'The connection to the storage of Parley broke before it confirmed the change. It may or may not have been made.',
    { cause: new Error(`the database of service ${service} did not answer a commit`, { cause }) },
  )
}

/** The server does not know this user and password together. */
export function isRefusedPassword(error: unknown): boolean {
  return sqlStateOf(error) === '28P01'
}

/** A write where only reads are allowed. */
export function isReadOnlyViolation(error: unknown): boolean {
  return sqlStateOf(error) === '25006'
}

/** The statement was the one that failed, as opposed to those behind it in the same transaction. */
export function isFirstFailure(error: unknown): boolean {
  return sqlStateOf(error) !== abortedTransaction
}

/** What a statement of `require` throws that changed nothing. */
export function isUnchanged(error: unknown): boolean {
  return sqlStateOf(error) === divisionByZero
}

/** The server answered; otherwise the connection is gone, and so is whatever was sent over it last. */
export function isAnswer(error: unknown): boolean {
  return sqlStateOf(error) !== null
}

/** The server ended the session with this answer. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'severity') !== 'ERROR'
}

/** Somebody else made the same role or schema at the same time. */
export function isDuplicateObject(error: unknown): boolean {
  return duplicateObject.has(sqlStateOf(error) ?? '')
}

/** The server is not there yet, or starting, or the connection to it broke: another try may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return passingCodes.has(Reflect.get(error, 'code')) || brokenWords.test(error.message)
}

/** The driver tells by its words, sockets by their codes. */
function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof AppError) return false
  const code = Reflect.get(error, 'code')
  return (typeof code === 'string' && socketCode.test(code)) || driverWords.test(error.message)
}

/** Five characters, only on what the server itself reported; errors of sockets have other codes. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('severity' in error)) return null
  const code = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : null
}

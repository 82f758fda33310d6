/** Thrown out of a unit of work whose writes are refused: another attempt took over, or someone cancelled it from outside. */
export class WriteRefused extends Error {
  override readonly name = 'WriteRefused'
}

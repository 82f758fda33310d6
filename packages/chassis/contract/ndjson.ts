/**
 * Streams between services are newline-delimited JSON, one of three kinds of line:
 *
 *   {"frame":…}      a frame
 *   {"end":true}     the last line of a stream that ended well
 *   {"error":{…}}    the last line of one that failed, in the shape of `WireError`
 *
 * Input that ends without one of the last two was cut off: its outcome is unknown.
 */
export type StreamLine = { frame: unknown } | { end: true } | { error: WireError }

/** An AppError between services; rebuilt on the other side with the same code. */
export interface WireError {
  code: string
  message: string
  param: string | null
  retryAfterMs: number | null
}

const lineBytesMax = 64 * 1024 * 1024
const newline = 0x0a

/** Parses whole lines out of chunks that were cut anywhere. Throws SyntaxError for a line that is not JSON. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamLine> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end)
      const line = pending.length === 0 ? tail : Buffer.concat([...pending, tail])
      pending = []
      pendingBytes = 0
      start = end + 1
      yield JSON.parse(line.toString('utf8')) as StreamLine
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start))
      pendingBytes += chunk.length - start
      if (pendingBytes > lineBytesMax) throw new SyntaxError(`a line is longer than ${lineBytesMax} bytes`)
    }
  }
}

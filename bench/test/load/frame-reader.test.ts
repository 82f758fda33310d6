import { type TestContext, test } from 'node:test'
import { FrameReader } from '../../load/frame-reader.ts'
import { writeStamp } from '../../load/stamps.ts'

const event = (...indexes: number[]) =>
  `data: {"content":"${indexes.map((index) => writeStamp({ index, sentUs: 1_000_000 })).join('word ')}"}\n\n`
const DONE = 'data: [DONE]\n\n'

function read(text: string, options: { expected: number; cutEvery?: number }): FrameReader {
  const reader = new FrameReader(options.expected)
  const bytes = Buffer.from(text)
  const step = options.cutEvery ?? bytes.length
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step), 1_003_000)
  return reader
}

test('a whole stream is complete, however it is cut', (t: TestContext) => {
  const text = [event(0), event(1), event(2), DONE].join('')
  for (let cutEvery = 1; cutEvery <= text.length; cutEvery += 1) {
    const reader = read(text, { expected: 3, cutEvery })
    t.assert.ok(reader.complete, `cut every ${cutEvery} bytes`)
    t.assert.deepEqual(reader.latenessMs, [3, 3, 3])
  }
})

test('chunks merged into one event are not lost', (t: TestContext) => {
  t.assert.ok(read(event(0, 1) + event(2) + DONE, { expected: 3 }).complete)
})

test('a frame left out in the middle or at the end is lost', (t: TestContext) => {
  t.assert.equal(read(event(0) + event(2) + DONE, { expected: 3 }).lost, 1)
  t.assert.equal(read(event(0) + DONE, { expected: 3 }).lost, 2)
})

test('a frame that comes twice or too late in the order is misplaced', (t: TestContext) => {
  t.assert.equal(read(event(0) + event(0) + event(1) + DONE, { expected: 2 }).misplaced, 1)
  t.assert.equal(read(event(1) + event(0) + DONE, { expected: 2 }).misplaced, 1)
})

test('a stream without its terminal event is not complete', (t: TestContext) => {
  const reader = read(event(0) + event(1), { expected: 2 })
  t.assert.equal(reader.lost, 0)
  t.assert.equal(reader.complete, false)
})

import { type TestContext, test } from 'node:test'
import { compareWithChat } from '../../workloads/measure-dialects.ts'

test('what a dialect adds is the difference of the medians, whichever way it goes', (t: TestContext) => {
  const compared = compareWithChat({
    chat: [1, 2, 90],
    responses: [2.5, 2.25, 1],
    'responses-stored': [3, 3, 3],
    messages: [1, 1, 1],
    embeddings: [2, 2, 2],
  })
  const added = Object.entries(compared).map(([dialect, { addedP50Ms }]) => [dialect, addedP50Ms])
  t.assert.deepEqual(Object.fromEntries(added), {
    chat: 0,
    responses: 0.25,
    'responses-stored': 1,
    messages: -1,
    embeddings: 0,
  })
})

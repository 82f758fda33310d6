import { type TestContext, test } from 'node:test'
import { isInsideTransaction } from '@parley/chassis/store/transaction-scope.ts'
import { createLatch } from '@parley/testkit/latch.ts'
import { sql } from 'kysely'
import { noteIds, openNotes, prepareNotes } from './notes-store.ts'

test('units that arrive together commit together, in order of arrival', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  const seen: string[][] = []
  await Promise.all(
    ['a', 'b', 'c'].map((id, rank) =>
      store.transaction(async (tx) => {
        await put.run(tx, { id, text: '', rank })
        // A second connection sees none of them before all are committed.
        seen.push(await noteIds(store))
      }),
    ),
  )
  t.assert.deepStrictEqual(seen, [[], [], []])
  t.assert.deepStrictEqual(await noteIds(store), ['a', 'b', 'c'])
})

test('a unit that fails is undone alone', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  const results = await Promise.allSettled(
    ['a', 'b', 'c'].map((id, rank) =>
      store.transaction(async (tx) => {
        await put.run(tx, { id: `${id}1`, text: '', rank })
        await put.run(tx, { id: `${id}2`, text: '', rank })
        if (id === 'b') throw new Error('no')
        return id
      }),
    ),
  )
  t.assert.deepStrictEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    ['a', 'no', 'c'],
  )
  t.assert.deepStrictEqual(await noteIds(store), ['a1', 'a2', 'c1', 'c2'])
})

test('a unit that is alone and fails is undone', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  await t.assert.rejects(
    store.transaction(async (tx) => {
      await put.run(tx, { id: 'a', text: '', rank: 1 })
      throw new Error('no')
    }),
    { message: 'no' },
  )
  await store.transaction((tx) => put.run(tx, { id: 'b', text: '', rank: 1 }))
  t.assert.deepStrictEqual(await noteIds(store), ['b'])
})

test('a unit sees what the units before it wrote, and nothing of one that failed', async (t: TestContext) => {
  await using store = await openNotes()
  const { put, ids } = prepareNotes(store)
  const [, , seen] = await Promise.allSettled([
    store.transaction((tx) => put.run(tx, { id: 'a', text: '', rank: 1 })),
    store.transaction(async (tx) => {
      await put.run(tx, { id: 'b', text: '', rank: 2 })
      throw new Error('no')
    }),
    store.transaction((tx) => ids.all(tx, {})),
  ])
  t.assert.deepStrictEqual(seen?.status === 'fulfilled' && seen.value.map(({ id }) => id), ['a'])
})

test('actions run after the commit is visible, and not for a unit that failed', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  const actions: string[] = []
  let visible: Promise<string[]> | undefined
  await Promise.allSettled([
    store.transaction(async (tx) => {
      tx.afterCommit(() => {
        actions.push('first')
        visible = noteIds(store)
      })
      await put.run(tx, { id: 'a', text: '', rank: 1 })
      t.assert.deepStrictEqual(actions, [])
    }),
    store.transaction(async (tx) => {
      tx.afterCommit(() => actions.push('failed'))
      throw new Error('no')
    }),
    store.transaction(async (tx) => tx.afterCommit(() => actions.push('third'))),
  ])
  t.assert.deepStrictEqual(actions, ['first', 'third'])
  t.assert.deepStrictEqual(await visible, ['a'])
})

test('an action that throws is reported and keeps nothing from the others', async (t: TestContext) => {
  const reported: unknown[] = []
  await using store = await openNotes({
    log: { error: (fields: { err: unknown }) => reported.push(fields.err) } as never,
  })
  let ran = false
  await store.transaction(async (tx) => {
    tx.afterCommit(() => {
      throw new Error('broken')
    })
    tx.afterCommit(() => {
      ran = true
    })
  })
  t.assert.strictEqual(ran, true)
  t.assert.strictEqual(String(reported[0]), 'Error: broken')
})

test('a transaction inside a transaction is refused, on any store', async (t: TestContext) => {
  await using store = await openNotes()
  await using other = await openNotes()
  await t.assert.rejects(
    store.transaction(() => other.transaction(async () => 'never')),
    /units of work do not nest/,
  )
})

test('code knows whether a unit of work runs it', async (t: TestContext) => {
  await using store = await openNotes()
  const left = createLatch()
  let later: Promise<boolean> | undefined
  t.assert.strictEqual(isInsideTransaction(), false)
  await store.transaction(async (tx) => {
    await store.within(tx).selectFrom('notes').selectAll().execute()
    t.assert.strictEqual(isInsideTransaction(), true)
    later = left.wait().then(() => isInsideTransaction())
    tx.afterCommit(() => t.assert.strictEqual(isInsideTransaction(), false))
  })
  t.assert.strictEqual(isInsideTransaction(), false)
  left.open()
  t.assert.strictEqual(await later, false, 'what a unit left behind is not inside it any more')
})

test('a transaction that is over cannot be used, nor one of another store', async (t: TestContext) => {
  await using store = await openNotes()
  await using other = await openNotes()
  const { put, find } = prepareNotes(store)
  const tx = await store.transaction(async (open) => open)
  await t.assert.rejects(put.run(tx, { id: 'a', text: '', rank: 1 }), /transaction is over/)
  t.assert.throws(() => store.within(tx), /transaction is over/)
  t.assert.throws(() => tx.afterCommit(() => {}), /is over/)
  await other.transaction(async (foreign) => {
    await t.assert.rejects(find.first(foreign, { id: 'a' }), /over, or of another store/)
  })
})

test('a query builder kept beyond its transaction writes nothing', async (t: TestContext) => {
  await using store = await openNotes()
  const kept = await store.transaction(async (tx) => store.within(tx))
  await store.transaction(async () => {
    await t.assert.rejects(
      kept.insertInto('notes').values({ id: 'a', text: '', rank: 1 }).execute(),
      /transaction is over/,
    )
  })
  t.assert.deepStrictEqual(await noteIds(store), [])
})

test('a unit that waits for something else is cut off, and the others go on', async (t: TestContext) => {
  await using store = await openNotes({ limits: { unitMs: 50 } })
  const { put } = prepareNotes(store)
  const latch = createLatch()
  const [before, stuck, after] = await Promise.allSettled([
    store.transaction((tx) => put.run(tx, { id: 'a', text: '', rank: 1 })),
    store.transaction(async (tx) => {
      await put.run(tx, { id: 'b', text: '', rank: 2 })
      await latch.wait()
      await put.run(tx, { id: 'late', text: '', rank: 2 })
    }),
    store.transaction((tx) => put.run(tx, { id: 'c', text: '', rank: 3 })),
  ])
  t.assert.strictEqual(before.status, 'fulfilled')
  t.assert.match(String(stuck.status === 'rejected' && stuck.reason), /cut off after 50 ms/)
  t.assert.strictEqual(after.status, 'fulfilled')
  latch.open()
  await store.transaction((tx) => put.run(tx, { id: 'd', text: '', rank: 4 }))
  t.assert.deepStrictEqual(await noteIds(store), ['a', 'c', 'd'])
})

test('a batch is bounded, and what does not fit comes with the next', async (t: TestContext) => {
  await using store = await openNotes({ limits: { batchMax: 2 } })
  const { put } = prepareNotes(store)
  const seen: number[] = []
  await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((id, rank) =>
      store.transaction(async (tx) => {
        await put.run(tx, { id, text: '', rank })
        seen.push((await noteIds(store)).length)
      }),
    ),
  )
  t.assert.deepStrictEqual(seen, [0, 0, 2, 2, 4])
})

test('more units than may wait are refused as overload', async (t: TestContext) => {
  await using store = await openNotes({ limits: { queueMax: 2 } })
  const units = [1, 2, 3].map((n) => store.transaction(async () => n))
  const results = await Promise.allSettled(units)
  t.assert.deepStrictEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code)),
    [1, 2, 'OVERLOADED'],
  )
})

test('a full disk fails the whole batch as unavailable, and the next one works', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  const text = 'x'.repeat(100_000)
  await store.transaction((tx) => sql`pragma max_page_count = 20`.execute(store.within(tx)))
  const results = await Promise.allSettled([
    store.transaction((tx) => put.run(tx, { id: 'small', text: '', rank: 1 })),
    store.transaction(async (tx) => {
      await put.run(tx, { id: 'large', text, rank: 2 }).catch(() => 'a unit that looks away')
    }),
    store.transaction((tx) => put.run(tx, { id: 'third', text: '', rank: 3 })),
  ])
  for (const result of results) {
    t.assert.strictEqual(result.status === 'rejected' && result.reason.code, 'STORE_UNAVAILABLE')
  }
  t.assert.deepStrictEqual(await noteIds(store), [])
  t.assert.strictEqual(store.failure(), null)
  await store.transaction((tx) => sql`pragma max_page_count = 1000000`.execute(store.within(tx)))
  await store.transaction((tx) => put.run(tx, { id: 'large', text, rank: 2 }))
  t.assert.deepStrictEqual(await noteIds(store), ['large'])
})

test('a unit that goes on after the disk was full writes nothing more', async (t: TestContext) => {
  await using store = await openNotes()
  const { put } = prepareNotes(store)
  await store.transaction((tx) => sql`pragma max_page_count = 20`.execute(store.within(tx)))
  const unit = store.transaction(async (tx) => {
    await put.run(tx, { id: 'large', text: 'x'.repeat(100_000), rank: 1 }).catch(() => 'ignored')
    await put.run(tx, { id: 'small', text: '', rank: 2 }).catch(() => 'ignored')
  })
  await t.assert.rejects(unit, { code: 'STORE_UNAVAILABLE' })
  t.assert.deepStrictEqual(await noteIds(store), [])
})

test('a closed store finishes what waits and refuses what comes later', async (t: TestContext) => {
  await using store = await openNotes()
  const { put, find } = prepareNotes(store)
  const waiting = store.transaction((tx) => put.run(tx, { id: 'a', text: '', rank: 1 }))
  const closing = store[Symbol.asyncDispose]()
  t.assert.strictEqual(await waiting, 1)
  await closing
  await t.assert.rejects(
    store.transaction(async () => 1),
    { code: 'STORE_UNAVAILABLE' },
  )
  await t.assert.rejects(find.first(null, { id: 'a' }), { code: 'STORE_UNAVAILABLE' })
})

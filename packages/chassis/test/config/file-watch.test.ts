import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FileWatch } from '../../config/file-watch.ts'

async function watched(t: TestContext, name = 'file') {
  const folder = await mkdtemp(join(tmpdir(), 'parley-watch-'))
  let changes = 0
  // The test looks itself.
  const watch = new FileWatch({ pollMs: 60 * 60_000, onChange: () => changes++ })
  t.after(async () => {
    watch.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const changed = async () => {
    const before = changes
    await watch.look()
    return changes > before
  }
  return { folder, path: join(folder, name), watch, changed }
}

test('a file that is written, replaced or gone is another one', async (t: TestContext) => {
  const { folder, path, watch, changed } = await watched(t)
  await writeFile(path, 'one')
  await watch.watch([path])
  t.assert.equal(await changed(), false)
  await writeFile(path, 'other')
  t.assert.equal(await changed(), true)
  t.assert.equal(await changed(), false)
  await writeFile(join(folder, 'new'), 'other')
  await rename(join(folder, 'new'), path)
  t.assert.equal(await changed(), true, 'the same length and another file')
  await rm(path)
  t.assert.equal(await changed(), true)
  await writeFile(path, 'back')
  t.assert.equal(await changed(), true)
})

test('a link that is swapped further up is noticed', async (t: TestContext) => {
  const { folder, watch, changed } = await watched(t)
  for (const state of ['one', 'two']) {
    await mkdir(join(folder, state))
    await writeFile(join(folder, state, 'key'), state)
  }
  await symlink('one', join(folder, '..data'))
  await symlink('..data/key', join(folder, 'key'))
  await watch.watch([join(folder, 'key')])
  await symlink('two', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  t.assert.equal(await changed(), true)
})

test('a file that is no longer watched is not told of', async (t: TestContext) => {
  const { path, watch, changed } = await watched(t)
  await writeFile(path, 'one')
  await watch.watch([path])
  await watch.watch([])
  await writeFile(path, 'other')
  t.assert.equal(await changed(), false)
})

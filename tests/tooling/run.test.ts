import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { makeFreshClone } from './fresh-clone.ts'

const programs = {
  'hello.ts': `
    const who: string | undefined = process.argv[2]
    console.log('hello', who, process.env.PINNED, (process.env.PATH ?? '').split(':')[0])
    process.exit(7)`,
  'wait.ts': `
    let signals = 0
    process.on('SIGTERM', () => console.log('drains', ++signals))
    process.on('SIGTERM', () => setTimeout(() => process.exit(3), 50))
    setInterval(() => {}, 1_000)
    console.log('ready')`,
  'wait-helplessly.ts': `setInterval(() => {}, 1_000); console.log('ready')`,
}

const skip = process.platform === 'win32' ? 'the stand-in for Node is a shell script' : false

suite('running a program on a fresh clone', { skip }, () => {
  test('installs what the lock file asks for, once, and leaves stdout to the program', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const first = await clone.start('hello.ts').outcome
    t.assert.strictEqual(first.stdout, `hello a b undefined ${path.dirname(process.execPath)}\n`)
    t.assert.strictEqual(first.code, 7)
    t.assert.match(first.stderr, /^parley: installing the dependencies \(npm ci\).*\n$/)
    t.assert.strictEqual((await clone.start('hello.ts').outcome).stderr, '')
    t.assert.deepStrictEqual(clone.npmCalls(), ['ci'])
  })

  test('installs again when the lock file asks for something else', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    await clone.start('hello.ts').outcome
    const lock = { packages: { 'node_modules/one': { version: '1.0.1' } } }
    writeFileSync(path.join(clone.root, 'package-lock.json'), JSON.stringify(lock))
    await clone.start('hello.ts', { npm: 'fails' }).outcome
    t.assert.deepStrictEqual(clone.npmCalls(), ['ci', 'ci'])
  })

  test('takes an installation that was made by hand as it is', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    await clone.start('hello.ts').outcome
    const lock = { packages: { 'node_modules/one': { version: '1.0.0' }, 'node_modules/two': { optional: true } } }
    writeFileSync(path.join(clone.root, 'package-lock.json'), JSON.stringify(lock))
    await clone.start('hello.ts').outcome
    t.assert.deepStrictEqual(clone.npmCalls(), ['ci'])
  })

  test('an older Node is replaced by the pinned one, for the program and what it starts', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const { stdout, stderr, code } = await clone.start('hello.ts', { version: '24.11.1' }).outcome
    t.assert.match(stdout, /^hello a b yes .*\.cache\/node\/node-.*-24\.99\.0\/bin\n$/)
    t.assert.strictEqual(code, 7)
    t.assert.match(stderr, /this is Node 24\.11\.1; getting Node 24\.99\.0/)
    await clone.start('hello.ts', { version: '20.20.2' }).outcome
    t.assert.deepStrictEqual(clone.npmCalls().length, 2)
  })

  test('programs that start together install once', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const starts = Array.from({ length: 4 }, () => clone.start('hello.ts', { version: '20.20.2' }).outcome)
    t.assert.deepStrictEqual(
      (await Promise.all(starts)).map(({ code }) => code),
      [7, 7, 7, 7],
    )
    t.assert.strictEqual(clone.npmCalls().length, 2)
    t.assert.strictEqual(readdirSync(path.join(clone.root, '.cache/node')).length, 1)
  })

  test('the lock of a process that died is taken over', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    await clone.start('hello.ts', { npm: 'fails' }).outcome
    writeFileSync(path.join(clone.root, '.cache/dependencies.lock'), '999999999')
    t.assert.strictEqual((await clone.start('hello.ts').outcome).code, 7)
  })

  test('a registry that does not answer ends it with one line', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const { code, stderr } = await clone.start('hello.ts', { npm: 'fails' }).outcome
    t.assert.strictEqual(code, 1)
    t.assert.strictEqual(
      stderr.split('\n')[1],
      'parley: could not install the dependencies: ENOTFOUND: network no such registry; all that npm said is in .cache/npm.log',
    )
  })
})

suite('signals', { skip }, () => {
  test('a signal reaches the program, which decides on its exit code', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const { child, outcome } = clone.start('wait.ts')
    await once(child.stdout ?? child, 'data')
    child.kill('SIGTERM')
    const { stdout, code } = await outcome
    t.assert.strictEqual(code, 3)
    t.assert.strictEqual(stdout, 'ready\ndrains 1\n')
  })

  test('a program that dies of a signal looks as if it had been started directly', async (t: TestContext) => {
    const clone = makeFreshClone(t, programs)
    const { child, outcome } = clone.start('wait-helplessly.ts')
    await once(child.stdout ?? child, 'data')
    child.kill('SIGTERM')
    t.assert.strictEqual((await outcome).signal, 'SIGTERM')
  })
})
